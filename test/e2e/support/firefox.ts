/** Firefox, driven over WebDriver BiDi. */
import { resolve } from 'node:path';
import puppeteer, { type Browser } from 'puppeteer-core';

export const FIREFOX = '/usr/bin/firefox-esr';

/** Preferences of a Firefox that reaches nothing but this machine, asks nothing, and plays without a click. */
export const FIREFOX_PREFERENCES = {
  'network.proxy.type': 1,
  'network.proxy.http': '127.0.0.1',
  'network.proxy.http_port': 9,
  'network.proxy.ssl': '127.0.0.1',
  'network.proxy.ssl_port': 9,
  'network.proxy.no_proxies_on': 'localhost, 127.0.0.1',
  'datareporting.policy.dataSubmissionEnabled': false,
  'browser.shell.checkDefaultBrowser': false,
  'browser.aboutwelcome.enabled': false,
  'network.captive-portal-service.enabled': false,
  'media.autoplay.default': 0,
};

/** Firefox plays nothing where there is no sound card, so it gets one that swallows all. */
const SOUND_CARD = { ALSA_CONFIG_PATH: resolve(import.meta.dirname, 'no-sound-card.conf') };

/** Starts it without a window, with a profile that is removed when it ends. */
export const openFirefox = (): Promise<Browser> =>
  puppeteer.launch({
    browser: 'firefox',
    executablePath: FIREFOX,
    headless: true,
    extraPrefsFirefox: FIREFOX_PREFERENCES,
    env: { ...process.env, ...SOUND_CARD },
  });
