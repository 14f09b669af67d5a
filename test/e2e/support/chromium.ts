/** The real browser, with flags that keep it offline and let it play without a click. */
export const CHROMIUM = '/usr/bin/chromium';

export const OFFLINE = [
  ...['--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run', '--disable-sync'],
  ...['--disable-background-networking', '--disable-component-update'],
  '--autoplay-policy=no-user-gesture-required',
];
