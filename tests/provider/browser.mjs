// A person at a browser: opens an address, logs in as ana, agrees to whatever is asked, and stays until
// the last page says that it is over.
//
//   node browser.mjs ADDRESS

import { launch } from 'puppeteer-core';

const browser = await launch({
  executablePath: process.env.CHROMIUM ?? '/usr/bin/chromium',
  timeout: 180000,
  args: ['--no-sandbox', '--disable-gpu', '--no-first-run', '--disable-dev-shm-usage'],
});

/// What a person does at a page; whether it is the last one.
async function act(page) {
  const text = await page.evaluate(() => document.body?.innerText ?? '');
  if (/logged in|sign-in success/i.test(text)) return true;
  if (await page.$('input[name=login]')) {
    await page.$eval('input[name=login]', (input) => { input.value = 'ana'; });
    await page.$eval('input[name=password]', (input) => { input.value = 'any'; });
  }
  const button = await page.$('button[type=submit], button[autofocus], form button');
  if (button) {
    await Promise.all([
      page.waitForNavigation({ timeout: 60000 }),
      button.evaluate((element) => element.click()),
    ]);
  }
  return false;
}

let done = false;
try {
  const page = await browser.newPage();
  page.setDefaultTimeout(120000);
  await page.goto(process.argv[2]);
  const deadline = Date.now() + 500000;
  while (!done && Date.now() < deadline) {
    try {
      done = await act(page);
    } catch {
      // The page went away under our hands, to the next one.
      await new Promise((resolve) => { setTimeout(resolve, 50); });
    }
  }
} finally {
  await browser.close();
}
process.exitCode = done ? 0 : 1;
