import { keepsToWcag } from './accessible.mjs';

keepsToWcag('light', [[1440, 900]]);
