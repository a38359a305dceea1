// Open a page as readers do: on a desk and on a phone, in light and in dark, without a network.
// node open_page.cjs CHROMIUM PAGE, with NODE_PATH naming playwright-core and axe-core.
// Prints what is wrong as JSON, a list of sentences.
const path = require('path');
const { pathToFileURL } = require('url');
const { chromium } = require('playwright-core');
const axe = require('axe-core').source;

async function faultsOf(browser, url, width, colorScheme) {
  const faults = [];
  const context = await browser.newContext({ viewport: { width, height: 800 }, colorScheme });
  await context.setOffline(true);
  const page = await context.newPage();
  page.on('request', (request) => {
    const asked = request.url();
    if (asked !== url && !asked.startsWith('data:')) faults.push(`asks for ${asked}`);
  });
  page.on('console', (message) => faults.push(`console: ${message.text()}`));
  page.on('pageerror', (error) => faults.push(`error: ${error}`));
  await page.goto(url);
  const wide = await page.evaluate(() => {
    const found = [...document.querySelectorAll('body *')].filter((element) => {
      const box = element.getBoundingClientRect();
      return box.right > innerWidth + 1 && !element.closest('.scroll, pre, .skip');
    });
    const { scrollWidth, clientWidth } = document.documentElement;
    const names = found.map((element) => `${element.tagName}.${element.className}`);
    return scrollWidth > clientWidth || names.length ? { scrollWidth, names } : null;
  });
  if (wide) faults.push(`wider than the window: ${wide.scrollWidth}, ${wide.names.slice(0, 3)}`);
  const narrow = await page.evaluate(() =>
    [...document.querySelectorAll('figure img')]
      .filter((image) => image.getBoundingClientRect().width < Math.min(480, image.naturalWidth))
      .map((image) => image.closest('figure').id)
  );
  if (narrow.length) faults.push(`too small to read: ${narrow}`);
  // Folded parts are part of the page.
  await page.evaluate(() => document.querySelectorAll('details').forEach((part) => { part.open = true; }));
  await page.evaluate(axe);
  const { violations } = await page.evaluate(() => axe.run());
  for (const { impact, id, nodes } of violations) {
    if (impact === 'serious' || impact === 'critical') {
      faults.push(`axe: ${impact}: ${id}: ${nodes[0].html.slice(0, 200)}`);
    }
  }
  await context.close();
  return faults.map((fault) => `${width} pixels, ${colorScheme}: ${fault}`);
}

(async () => {
  const [executablePath, file] = process.argv.slice(2);
  const browser = await chromium.launch({ executablePath, args: ['--no-sandbox'] });
  const url = pathToFileURL(path.resolve(file)).href;
  const faults = [];
  for (const width of [1200, 360]) {
    for (const scheme of ['light', 'dark']) {
      faults.push(...(await faultsOf(browser, url, width, scheme)));
    }
  }
  await browser.close();
  process.stdout.write(JSON.stringify(faults));
})().catch((error) => {
  process.stderr.write(`${error}\n`);
  process.exit(1);
});
