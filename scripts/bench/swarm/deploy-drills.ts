/** Drills on what is deployed: an image that does not start, the next image, a certificate and its successor. */
import { setTimeout as pause } from 'node:timers/promises';
import { connect } from 'node:tls';
import { makeCertificate } from '../../../test/e2e/support/certificate.js';
import { until } from '../../../test/e2e/support/processes.js';
import { isWhole, lossesOf, told, verdict } from '../drills/drill.js';
import { createFrameListener } from '../drills/frame-listener.js';
import { BROKEN_IMAGE, NEXT_IMAGE, SCENE_IMAGE, type SwarmScene } from './scene.js';
import { containersOf, markAll, type SwarmDrill, theScx, WITHIN_MS } from './swarm-drill.js';

export const brokenImage: SwarmDrill = {
  mustShow: 'an image that does not start is rolled back; no stream notices; the log says so',
  run: async (scene) => {
    await scene.settled();
    markAll(scene);
    scene.deploy(BROKEN_IMAGE);
    const [first] = scene.bed.machines;
    const state = () =>
      first?.tries('service', 'inspect', 'bed_front-end', '--format', '{{.UpdateStatus.State}}');
    await until('the rollback', () => state() === 'rollback_completed', 120_000);
    await scene.settled();
    const losses = lossesOf([...scene.listeners, scene.elsewhere]);
    const isSaid = scene.bed.machines.some((machine) =>
      scene.logOf(machine).includes('was rolled back'),
    );
    return {
      seen: `rolled back; ${told(losses)}; the log ${isSaid ? 'says so' : 'does NOT say so'}`,
      held: verdict(isWhole(losses) && isSaid, true),
    };
  },
};

const IMAGE_FORMAT = '{{.Spec.TaskTemplate.ContainerSpec.Image}}';

/** The front end of that image that is healthy first. */
function newFrontEnd({ bed }: SwarmScene, wanted: string) {
  const filters = ['name=bed_front-end', `ancestor=${wanted}`, 'health=healthy'];
  const flags = filters.flatMap((filter) => ['--filter', filter]);
  for (const machine of bed.machines) {
    const [id = ''] = (machine.tries('ps', '--quiet', ...flags) ?? '').split('\n');
    const image = id === '' ? '' : machine.tries('inspect', id, '--format', '{{.Config.Image}}');
    if (image === wanted) return { machine, id };
  }
  return undefined;
}

export const deathInDeploy: SwarmDrill = {
  mustShow:
    'a front end dies 4 s after it was deployed and became healthy: the deploy goes on; no ' +
    'stream notices',
  run: async (scene) => {
    await scene.settled();
    markAll(scene);
    const [first] = scene.bed.machines;
    const facts = (format: string) =>
      first?.tries('service', 'inspect', 'bed_front-end', '--format', format);
    const state = () => facts('{{.UpdateStatus.State}}');
    const image = facts(IMAGE_FORMAT) === NEXT_IMAGE ? SCENE_IMAGE : NEXT_IMAGE;
    scene.deploy(image);
    const find = () => newFrontEnd(scene, image);
    const { machine, id } = await until('a new front end', find, 120_000);
    await pause(4000);
    const isEarly = state() === 'updating';
    machine.docker('kill', id);
    const isOver = (): boolean => ['completed', 'rollback_completed'].includes(state() ?? '');
    await until('the end of the deploy', isOver, 120_000);
    const isDeployed = state() === 'completed';
    await scene.settled();
    const losses = lossesOf([...scene.listeners, scene.elsewhere]);
    const when = isEarly ? 'killed during the deploy' : 'killed AFTER the deploy';
    return {
      seen: `${when}, which ${isDeployed ? 'went on' : 'was ROLLED BACK'}; ${told(losses)}`,
      held: verdict(isWhole(losses) && isDeployed && isEarly, true),
    };
  },
};

export const upgrade: SwarmDrill = {
  mustShow:
    'the stack is deployed with the next image: no stream notices; new listeners are led to an SCX of ' +
    'that image, and the old one ends when its listeners have gone',
  run: async (scene) => {
    await scene.settled();
    const old = await theScx(scene);
    markAll(scene);
    scene.deploy(NEXT_IMAGE);
    const isNew = async (): Promise<boolean> => {
      const scxs = await scene.scxs();
      return scxs.some((one) => one.state === 'running' && scene.imageOf(one) === NEXT_IMAGE);
    };
    await until('an SCX of the new image', isNew, 180_000);
    await pause(3000);
    const losses = lossesOf([...scene.listeners, scene.elsewhere]);
    const stayed = containersOf(scene, old) === 1;
    for (const listener of scene.listeners) listener.again();
    await until('the old SCX to end', () => containersOf(scene, old) === 0, WITHIN_MS);
    await scene.settled();
    const isOne = scene.imageOf(await theScx(scene)) === NEXT_IMAGE;
    return {
      seen: `${told(losses)}; the old SCX ${stayed ? 'stayed with its listeners' : 'LEFT before'}, and ended; ${isOne ? 'one SCX of the new image' : 'the OLD SCX'}`,
      held: verdict(isWhole(losses) && stayed && isOne, true),
    };
  },
};

/** Whose certificate a port shows; undefined: none. */
async function shownAt(url: string): Promise<string | undefined> {
  const { hostname: host, port } = new URL(url);
  const socket = connect({ host, port: Number(port), rejectUnauthorized: false });
  await new Promise((resolve) => {
    for (const event of ['secureConnect', 'error', 'close']) socket.on(event, resolve);
  });
  const { subject } = socket.getPeerCertificate();
  socket.destroy();
  return subject === undefined ? undefined : `${subject.CN}`;
}

/** Deploys a new certificate of that name, and waits until all front ends and the SCX show it. */
async function deployCertificate(scene: SwarmScene, version: number): Promise<void> {
  const name = `certificate-${version}`;
  const { cert, key } = makeCertificate(scene.bed.directory, name);
  const [first] = scene.bed.machines;
  first?.docker('secret', 'create', `scattercast-cert-${version}`, cert);
  first?.docker('secret', 'create', `scattercast-key-${version}`, key);
  scene.deploy(scene.imageOf(await theScx(scene)), { certificate: version });
  const areShown = async (): Promise<boolean> => {
    const [scx] = await scene.scxs();
    const frontEnds = scene.bed.machines.map((_, index) => scene.frontEnd(index));
    const urls = scx === undefined ? [] : [...frontEnds, scx.httpUrl];
    const shown = await Promise.all(urls.map(shownAt));
    return urls.length > 0 && shown.every((one) => one === name);
  };
  await until(`the certificate of version ${version}`, areShown, 180_000);
}

export const certificate: SwarmDrill = {
  mustShow:
    'the stack is deployed with a certificate, and then with a renewed one: front ends and SCX speak https ' +
    'with it; no stream notices, also not one over https',
  run: async (scene) => {
    await scene.settled();
    const { id } = await theScx(scene);
    markAll(scene);
    await deployCertificate(scene, 1);
    const at = scene.frontEnd(0).replace('http:', 'https:');
    const secure = createFrameListener(() => `${at}/listen/drill.example/steady.mp3`, 0);
    try {
      await until('sound over https', () => secure.heard().frames > 0, WITHIN_MS);
      secure.mark();
      await deployCertificate(scene, 2);
      await pause(3000);
      const losses = lossesOf([...scene.listeners, scene.elsewhere, secure]);
      const isSame = (await theScx(scene)).id === id;
      return {
        seen: `both are in use; ${told(losses)}; ${isSame ? 'the same SCX' : 'ANOTHER SCX'}`,
        held: verdict(isWhole(losses) && isSame, true),
      };
    } finally {
      secure.stop();
    }
  },
};
