/**
 * What tests measure inside of a browser, which gets this file before each page. It is no TypeScript: nobody else in
 * the project knows what a document is.
 */

/** Levels of the headings, in order. */
function headings() {
  return [...document.querySelectorAll('h1, h2, h3, h4, h5, h6')].map((heading) => Number(heading.tagName[1]))
}

/** Elements that reach beyond the window, but for what lies in the difference. */
function overflowing() {
  return [...document.querySelectorAll('body *')]
    .filter((element) => !element.closest('.scroll table'))
    .filter((element) => {
      const box = element.getBoundingClientRect()
      const style = getComputedStyle(element)
      // What is only there for those who listen, or waits out of sight for the keyboard.
      const unseen = style.clipPath !== 'none' || element.matches('.skip, caption, thead, thead *')
      return !unseen && box.width > 0 && (box.right > innerWidth + 0.5 || box.left < -0.5)
    })
    .map((element) => `${element.tagName} ${element.className} ${element.textContent?.slice(0, 40)}`)
}

/** Every text that is seen: how it contrasts with what is behind it, and how much it must (WCAG 2.2, AA). */
function contrasts() {
  const canvas = document.createElement('canvas')
  canvas.width = 1
  canvas.height = 1
  const pen = canvas.getContext('2d', { willReadFrequently: true })
  /** Any colour of CSS as red, green, blue, alpha from 0 to 255. */
  const channels = (colour) => {
    pen.clearRect(0, 0, 1, 1)
    pen.fillStyle = colour
    pen.fillRect(0, 0, 1, 1)
    const [r, g, b, a] = pen.getImageData(0, 0, 1, 1).data
    return [r, g, b, a]
  }
  const luminance = ([r, g, b]) => {
    const [x, y, z] = [r, g, b].map((value) => {
      const part = value / 255
      return part <= 0.04045 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4
    })
    return 0.2126 * x + 0.7152 * y + 0.0722 * z
  }
  const behind = (element) => {
    for (let here = element; here; here = here.parentElement) {
      const colour = channels(getComputedStyle(here).backgroundColor)
      if (colour[3] === 255) return colour
      if (colour[3] !== 0) throw new Error('a background that shines through is not measured')
    }
    return [255, 255, 255]
  }
  const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT)
  const found = []
  const seen = new Set()
  for (let node = walker.nextNode(); node; node = walker.nextNode()) {
    const text = node.textContent.trim()
    const element = node.parentElement
    const style = getComputedStyle(element)
    if (text === '' || element.getClientRects().length === 0 || style.visibility === 'hidden') continue
    const size = Number.parseFloat(style.fontSize)
    const large = size >= 24 || (size >= 18.66 && Number(style.fontWeight) >= 700)
    const front = luminance(channels(style.color))
    const back = luminance(behind(element))
    const ratio = (Math.max(front, back) + 0.05) / (Math.min(front, back) + 0.05)
    const key = `${style.color} ${back} ${large} ${element.className}`
    if (seen.has(key) && found.length > 60) continue
    seen.add(key)
    found.push({ text: text.slice(0, 40), ratio: Math.round(ratio * 100) / 100, needed: large ? 3 : 4.5 })
  }
  return found
}

/** Differences that are cut off. */
function cut() {
  return [...document.querySelectorAll('.scroll')].filter((one) => one.scrollWidth > one.clientWidth + 1)
    .length
}

/** How wide the page is, and how bright its paper: 0 to 255. */
function shape() {
  const [paper] = getComputedStyle(document.body).backgroundColor.match(/\d+/g).map(Number)
  return { width: document.documentElement.scrollWidth, paper }
}

/** Tries what the policy forbids. */
function trespass() {
  const image = document.createElement('img')
  image.src = '/elsewhere.png'
  document.body.append(image)
  const script = document.createElement('script')
  script.textContent = 'alert(3)'
  document.body.append(script)
}

globalThis.measures = { headings, overflowing, contrasts, cut, shape, trespass }
addEventListener('securitypolicyviolation', (event) => console.error(event.violatedDirective))
