/**
 * Which photographs of the corpus the tables are learned from: those whose names, which begin with their SHA-256, begin with 0 or 1.
 * Measurements leave them out.
 */
export const isForLearning = (name) => /^[01]/.test(name);
