import { keepsToWcag } from './accessible.mjs';

keepsToWcag('light', [[768, 1024]]);
