/**
 * The small player for a page of another site, by one script tag where the player is to be:
 *
 *   <script src="http://CLUSTER/embed.js" data-session="CREATOR/SESSION" async></script>
 *
 * It puts a frame behind itself, and does nothing else there. `data-title`, `data-width` and `data-height` are
 * those of the frame.
 */
(() => {
  const script = document.currentScript;
  const { session = '', title = session, width = '360', height = '120' } = script.dataset;
  const path = session.split('/').map(encodeURIComponent).join('/');
  const frame = document.createElement('iframe');
  Object.assign(frame, { title, width, height, allow: 'autoplay' });
  frame.style.border = '0';
  frame.style.maxWidth = '100%';
  frame.src = new URL(`embed/${path}`, script.src).href;
  script.after(frame);
})();
