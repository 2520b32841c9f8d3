import { ncmecExchange } from 'egide';

// Asks an exchange whose credentials these are; how to reach it, the environment says.
const [baseUrl, username, password] = process.argv.slice(2) as [string, string, string];
console.log(JSON.stringify(await ncmecExchange({ baseUrl, username, password }).status()));
