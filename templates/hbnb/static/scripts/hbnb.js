// What pages do beyond their HTML: the status of the API, names of chosen filters, places and reviews.
// Everything that people wrote becomes text, never markup.
'use strict';

const API = '/api/v1';
// Enough for a city; the rest waits for a click, so that a huge answer does not freeze the page.
const PLACES_AT_ONCE = 200;

async function ask(path, body) {
  const asked = body && {
    method: 'POST',
    headers: { 'Content-Type': 'application/json' },
    body: JSON.stringify(body),
  };
  const answer = await fetch(API + path, asked);
  if (!answer.ok) throw new Error(`${path}: ${answer.status}`);
  return answer.json();
}

function element(tag, className, ...children) {
  const made = document.createElement(tag);
  if (className) made.className = className;
  made.append(...children);
  return made;
}

function counted(count, noun) {
  return `${count} ${noun}${count === 1 ? '' : 's'}`;
}

// The circle in the header

async function showStatus() {
  const circle = document.getElementById('api_status');
  const isOk = await ask('/status/').then((said) => said.status === 'OK', () => false);
  circle.classList.toggle('available', isOk);
  circle.title = isOk ? 'The API answers' : 'The API does not answer';
  circle.setAttribute('aria-label', circle.title);
}

// Filters

function showChosen(list) {
  const chosen = [...list.querySelectorAll('input:checked')].map((box) => box.dataset.name);
  list.querySelector('h4').textContent = chosen.join(', ');
}

function prepareFilters(form) {
  const lists = form.querySelectorAll('.locations, .amenities');
  for (const list of lists) {
    list.addEventListener('change', () => showChosen(list));
    const details = list.querySelector('details');
    list.addEventListener('keydown', (event) => {
      if (event.key !== 'Escape' || !details.open) return;
      details.open = false;
      details.querySelector('summary').focus();
    });
    document.addEventListener('click', (event) => {
      if (!list.contains(event.target)) details.open = false;
    });
  }
  // A page that comes back (reloaded, or by "back") may come with boxes that are already checked.
  window.addEventListener('pageshow', () => lists.forEach(showChosen));
}

function wishOf(form) {
  const ids = (name) => [...form.querySelectorAll(`input[name="${name}"]:checked`)].map((box) => box.dataset.id);
  return { states: ids('state'), cities: ids('city'), amenities: ids('amenity') };
}

// Places

const people = new Map();

function nameOf(user) {
  if (!people.has(user)) {
    const name = (row) => [row.first_name, row.last_name].filter(Boolean).join(' ');
    people.set(user, ask(`/users/${encodeURIComponent(user)}`).then(name).catch(() => ''));
  }
  return people.get(user);
}

// The same picture as the server chooses: FNV-1a of the id's bytes.
function pictureOf(id, pictures) {
  let hash = 2166136261;
  for (const byte of new TextEncoder().encode(id)) hash = Math.imul(hash ^ byte, 16777619);
  const number = ((hash >>> 0) >>> 8) % pictures;
  return `/static/pictures/${String(number).padStart(2, '0')}.svg`;
}

function linesOf(text) {
  const lines = text.trim().split(/<br\s*\/?\s*>|\r?\n/i);
  return lines.flatMap((line, at) => (at ? [element('br'), line] : [line]));
}

function locationOf(place) {
  const city = document.querySelector(`.locations input[name="city"][data-id="${CSS.escape(place.city_id)}"]`);
  if (!city) return '';
  return `${city.dataset.name}, ${city.closest('ul').parentElement.querySelector('input').dataset.name}`;
}

function articleOf(place, pictures) {
  const picture = element('img', 'picture');
  Object.assign(picture, { loading: 'lazy', alt: '', width: 640, height: 420, src: pictureOf(place.id, pictures) });
  const owner = element('span');
  nameOf(place.user_id).then((name) => owner.append(name));
  const reviews = element('div', 'reviews', element('h2', '', 'Reviews ', element('button', '', element('span', '', 'show'))));
  reviews.dataset.place = place.id;
  const article = element('article', '',
    picture,
    element('div', 'title_box',
      element('h2', '', place.name),
      element('div', 'price_by_night', `$${place.price_by_night}`)),
    element('p', 'location', locationOf(place)),
    element('div', 'information',
      element('div', 'max_guest', counted(place.max_guest, 'Guest')),
      element('div', 'number_rooms', counted(place.number_rooms, 'Bedroom')),
      element('div', 'number_bathrooms', counted(place.number_bathrooms, 'Bathroom'))),
    element('div', 'user', element('b', '', 'Owner:'), ' ', owner),
    element('div', 'description', ...linesOf(place.description ?? '')),
    reviews);
  prepareReviews(article);
  return article;
}

function showPlaces(section, places) {
  const pictures = Number(section.dataset.pictures);
  const grid = section.querySelector('.grid');
  const more = element('button', 'more', 'More places');
  more.type = 'button';
  let shown = 0;
  const showMore = () => {
    const next = places.slice(shown, shown + PLACES_AT_ONCE);
    shown += next.length;
    more.remove();
    const articles = next.map((place) => articleOf(place, pictures));
    grid.append(...articles);
    if (shown < places.length) grid.after(more);
    return articles[0];
  };
  more.addEventListener('click', () => showMore().querySelector('button').focus());
  grid.replaceChildren();
  showMore();
}

let searches = 0;

async function search(form, section) {
  const own = ++searches;
  const count = section.querySelector('.count');
  section.setAttribute('aria-busy', 'true');
  try {
    const places = await ask('/places_search/', wishOf(form));
    if (own !== searches) return;
    const order = (a, b) => (a.name < b.name ? -1 : Number(a.name > b.name));
    showPlaces(section, places.sort(order));
    count.textContent = places.length ? (places.length === 1 ? 'One place' : `${places.length} places`)
      : 'No place fits. Try fewer filters.';
  } catch {
    if (own === searches) count.textContent = 'The places cannot be had at the moment. Please search again.';
  }
  if (own === searches) section.removeAttribute('aria-busy');
}

// Reviews

function dayOf(moment) {
  const [year, month, day] = moment.slice(0, 10).split('-').map(Number);
  const ending = day % 100 - day % 10 === 10 ? 'th' : ['th', 'st', 'nd', 'rd'][day % 10] ?? 'th';
  const name = new Date(Date.UTC(year, month - 1)).toLocaleString('en', { month: 'long', timeZone: 'UTC' });
  return `${day}${ending} ${name} ${year}`;
}

async function reviewOf(review) {
  const from = (await nameOf(review.user_id)) || 'a guest';
  return element('li', '',
    element('h3', '', `From ${from} the ${dayOf(review.created_at)}`),
    element('p', '', ...linesOf(review.text)));
}

function prepareReviews(article) {
  const box = article.querySelector('.reviews');
  const button = box?.querySelector('button');
  if (!button) return;
  const [heading, word] = [button.parentElement.firstChild, button.firstChild];
  const place = article.querySelector('h2').textContent;
  const tell = (verb) => {
    word.textContent = verb;
    button.setAttribute('aria-expanded', String(verb === 'hide'));
    button.setAttribute('aria-label', `${verb} reviews of ${place}`);
  };
  const show = async () => {
    const reviews = await ask(`/places/${encodeURIComponent(box.dataset.place)}/reviews`);
    reviews.sort((a, b) => (a.created_at < b.created_at ? 1 : -1));
    const items = await Promise.all(reviews.map(reviewOf));
    heading.textContent = `${counted(items.length, 'Review')} `;
    box.querySelector('ul')?.remove();
    box.append(element('ul', '', ...items));
    tell('hide');
  };
  button.addEventListener('click', () => {
    if (word.textContent === 'show') {
      show().catch(() => { heading.textContent = 'Reviews cannot be had at the moment '; });
    } else {
      box.querySelector('ul').remove();
      tell('show');
    }
  });
  button.type = 'button';
  button.hidden = false;
  tell('show');
}

// The page

showStatus();
for (const form of document.querySelectorAll('form.search')) {
  prepareFilters(form);
  const section = document.querySelector('.places[data-pictures]');
  if (section) {
    form.addEventListener('submit', (event) => {
      event.preventDefault();
      form.querySelectorAll('details').forEach((details) => { details.open = false; });
      search(form, section);
    });
    search(form, section);
  }
}
document.querySelectorAll('article').forEach(prepareReviews);
