import { EgideError } from '../errors.js';

/**
 * Loads a package that is installed only where it is used.
 *
 * @param load Such as `() => import('pg')`.
 * @throws {EgideError} `MISSING_PACKAGE` with the command that installs it.
 */
export async function optionalPackage<Module>(name: string, what: string, load: () => Promise<Module>): Promise<Module> {
  try {
    return await load();
  } catch (cause) {
    const code = (cause as NodeJS.ErrnoException).code;
    if (code !== 'ERR_MODULE_NOT_FOUND' && code !== 'MODULE_NOT_FOUND') throw cause;
    throw new EgideError('MISSING_PACKAGE', `${what} needs the package ${name}, which is not installed: npm install ${name}`, { cause });
  }
}
