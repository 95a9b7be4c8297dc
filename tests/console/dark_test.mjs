import { keepsToWcag } from './accessible.mjs';

keepsToWcag('dark', [[1024, 768]]);
