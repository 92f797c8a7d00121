/*
 * Files of HCL by lib/doc and by HashiCorp's own parser, which the npm package
 * @cdktf/hcl2json carries:
 *
 *	node compare.js DOC-TOOL [--mutants N] FILE…
 *
 * Both have to give the same verdict, and of what both accept the same paths of
 * keys and the same literals. --mutants also compares N damaged copies of the
 * files, always the same ones. Each difference is printed; the status is 1 if
 * there are any but accepted mutants. NODE_PATH says where the package is.
 */
'use strict';
const fs = require('fs');
const os = require('os');
const path = require('path');
const { execFileSync } = require('child_process');
const { parse } = require('@cdktf/hcl2json');

/* One line of JSON for each value, by file. */
function ours(tool, files) {
	const of = new Map(files.map((f) => [f, []]));
	for (let i = 0; i < files.length; i += 500) {
		const out = execFileSync(tool,
		    ['values', 'hcl', ...files.slice(i, i + 500)],
		    { maxBuffer: 1 << 30 });
		for (const line of out.toString().split('\n'))
			if (line) {
				const row = JSON.parse(line);
				of.get(row[0]).push(row.slice(1));
			}
	}
	return of;
}

/* "a/b" to the literals that are there; lists are no step. */
function add(map, keys, value) {
	const name = keys.join('/');
	if (!map.has(name))
		map.set(name, new Set());
	if (value !== undefined)
		map.get(name).add(value);
}

function flatten(map, keys, value) {
	if (Array.isArray(value) && value.length)
		value.forEach((v) => flatten(map, keys, v));
	else if (value && typeof value === 'object' &&
	    !Array.isArray(value) && Object.keys(value).length)
		for (const [k, v] of Object.entries(value))
			flatten(map, [...keys, k], v);
	else
		add(map, keys, value && typeof value === 'object'
		    ? undefined
		    : String(value));
}

/* A key in brackets is an expression: "(var.k)" here, "${(var.k)}" there. */
function key(k) {
	return k.startsWith('(') ? '${' + k + '}' : k;
}

/* A text says "${x}" where the JSON form of the language needs "$${x}". */
function escape(text) {
	return text.replace(/[$%]{/g, (sign) => sign[0] + sign);
}

function compare(rows, oracle) {
	const want = new Map(), got = new Map(), wrong = [];
	flatten(want, [], oracle);
	for (const [keys, kind, text] of rows)
		add(got, keys.map(key), kind === 'scalar' ? escape(text)
		    : undefined);
	for (const [name, literals] of got) {
		if (!want.has(name)) {
			wrong.push('path only here: ' + name);
			continue;
		}
		for (const l of literals)
			if (!want.get(name).has(l) &&
			    ![...want.get(name)].some((w) => Number(w) === Number(l)))
				wrong.push(`${name}: here ${JSON.stringify(l)}, ` +
				    `there ${JSON.stringify([...want.get(name)])}`);
	}
	for (const name of want.keys())
		if (!got.has(name) && name !== '')
			wrong.push('path only there: ' + name);
	return wrong;
}

/* The same numbers on every run. */
let seed = 1;
function random(n) {
	seed = (seed * 1103515245 + 12345) % 2147483648;
	return Math.floor(seed / 65536) % n;
}

function mutate(text) {
	const at = random(text.length), len = 1 + random(4);
	switch (random(4)) {
	case 0:
		return text.slice(0, at);
	case 1:
		return text.slice(0, at) + text.slice(at + len);
	case 2:
		return text.slice(0, at) + '{}[]()"$=,.\n#<'[random(14)] +
		    text.slice(at + 1);
	default:
		return text.slice(0, at) + '{}[]()"$=,.\n#<'[random(14)] +
		    text.slice(at);
	}
}

function mutants(files, n) {
	const dir = fs.mkdtempSync(path.join(os.tmpdir(), 'hcl-'));
	const made = [];
	for (let i = 0; i < n && files.length; i++) {
		const from = files[random(files.length)];
		const to = path.join(dir, i + '.tf');
		fs.writeFileSync(to, mutate(fs.readFileSync(from, 'utf8')));
		made.push(to);
	}
	return made;
}

async function run(tool, files, isMutant) {
	const sum = { files: files.length, accepted: 0, refused: 0,
		'wrongly refused': 0, 'wrongly accepted': 0, values: 0,
		differences: 0 };
	const of = ours(tool, files);
	for (const file of files) {
		const rows = of.get(file);
		const isOk = !rows.some((r) => r[1] === 'broken');
		let oracle = null;
		try {
			oracle = await parse(file, fs.readFileSync(file, 'utf8'));
		} catch (e) {
			oracle = null;
		}
		sum.values += rows.length;
		sum[oracle ? 'accepted' : 'refused']++;
		if (isOk !== !!oracle) {
			sum[isOk ? 'wrongly accepted' : 'wrongly refused']++;
			console.log(`${file}: ${isOk ? 'accepted' : 'refused'} ` +
			    'here, not there');
		} else if (oracle && !isMutant) {
			for (const w of compare(rows, oracle)) {
				sum.differences++;
				console.log(`${file}: ${w}`);
			}
		}
	}
	console.log((isMutant ? 'mutants: ' : 'files: ') +
	    Object.entries(sum).map(([k, v]) => `${v} ${k}`).join(', '));
	if (isMutant)
		return sum['wrongly refused'];
	return sum['wrongly refused'] + sum['wrongly accepted'] +
	    sum.differences;
}

async function main(argv) {
	const tool = argv.shift();
	const n = argv[0] === '--mutants' ? Number(argv.splice(0, 2)[1]) : 0;
	let bad = await run(tool, argv, false);
	if (n) {
		const made = mutants(argv, n);
		bad += await run(tool, made, true);
		fs.rmSync(path.dirname(made[0]), { recursive: true });
	}
	process.exit(bad ? 1 : 0);
}

main(process.argv.slice(2));
