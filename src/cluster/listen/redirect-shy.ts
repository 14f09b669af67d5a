/**
 * Players that cannot be redirected, by their User-Agent. Only players that are known not to follow
 * redirects are listed; all others are redirected. A playlist for another such player can contain
 * `?proxy=1`.
 *
 * - `ESP8266HTTPClient`, `ESP32HTTPClient`: home-made radios on Arduino's HTTP clients, which
 *   follow no redirect unless they are told to (`_followRedirects` in HTTPClient.h), and drop the
 *   `Icy-MetaData` header if they do (github.com/espressif/arduino-esp32/issues/4487); the usual
 *   audio library does not tell them (github.com/earlephilhower/ESP8266Audio/issues/312).
 */
const REDIRECT_SHY: readonly RegExp[] = [/^ESP(8266|32)HTTPClient\b/];

/** Whether the player with this User-Agent is known not to follow redirects, or not well. */
export const isRedirectShy = (userAgent: string | undefined): boolean =>
  userAgent !== undefined && REDIRECT_SHY.some((known) => known.test(userAgent));
