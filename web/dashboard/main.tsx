/**
 * The dashboard of an operator: what there is now, from the events of the cluster, and listeners over time.
 * Names and titles come from strangers; preact inserts them as text.
 */
import { render } from 'preact';
import { App } from './app.js';

const root = document.body.dataset.root ?? '.';
const place = document.getElementById('app');
if (place !== null) render(<App root={root} />, place);
