// Hold our verdicts against those of ajv:
//
//	npm install ajv ajv-draft-04
//	node compare.js SCHEMA-TOOL SCHEMASTORE
//
// SCHEMASTORE is a checkout of SchemaStore/schemastore: each file of src/test/X
// and src/negative_test/X against src/schemas/json/X.json. A line for each file
// that it judges otherwise; what ours could not check is counted, only.
// Formats are left out of the comparison: whether they hold is the caller's
// choice, and ajv chooses otherwise.
'use strict';
const fs = require('fs');
const path = require('path');
const { spawnSync } = require('child_process');
const { createRequire } = require('module');

const from = createRequire(path.join(process.cwd(), 'x.js'));
const [tool, store] = process.argv.slice(2);

function pairs() {
	const all = [];
	for (const kind of ['test', 'negative_test']) {
		const top = path.join(store, 'src', kind);
		if (!fs.existsSync(top))
			continue;
		for (const name of fs.readdirSync(top).sort()) {
			const schema = path.join(
				store, 'src/schemas/json', name + '.json');
			if (!fs.existsSync(schema))
				continue;
			for (const file of fs.readdirSync(path.join(top, name)))
				if (file.endsWith('.json'))
					all.push([schema,
						path.join(top, name, file)]);
		}
	}
	return all;
}

function read(file) {
	return JSON.parse(fs.readFileSync(file, 'utf8'));
}

function compileAjv(schema) {
	const options = { strict: false, logger: false,
		validateFormats: false };
	const draft = /draft-?\/?(04|2019-09|2020-12)/.exec(
		schema.$schema || '');
	const name = !draft ? 'ajv' : draft[1] === '04' ? 'ajv-draft-04' :
		draft[1] === '2019-09' ? 'ajv/dist/2019' : 'ajv/dist/2020';
	const Ajv = from(name).default || from(name);
	return new Ajv(options).compile(schema);
}

function main() {
	const all = pairs();
	const run = spawnSync(tool, ['judge', 'plain'], {
		input: all.map((p) => p.join('\t') + '\n').join(''),
		encoding: 'utf8', maxBuffer: 1 << 28 });
	const ours = new Map(run.stdout.trim().split('\n').map((line) => {
		const [schema, file, verdict] = line.split('\t');
		return [schema + '\t' + file, verdict];
	}));
	const count = { same: 0, differs: 0, unknown: 0, error: 0 };
	let last, validate;
	for (const [schema, file] of all) {
		const mine = ours.get(schema + '\t' + file);
		let theirs = 'error';
		try {
			if (last !== schema)
				validate = compileAjv(read(schema));
			theirs = validate(read(file)) ? 'valid' : 'invalid';
		} catch (e) {
			validate = validate && last === schema ? validate :
				() => { throw e; };
		}
		last = schema;
		if (mine === 'unknown' || mine === 'error')
			count.unknown++;
		else if (theirs === 'error')
			count.error++;
		else if (mine === theirs)
			count.same++;
		else {
			count.differs++;
			console.log(`${path.relative(store, schema)}\t` +
				`${path.relative(store, file)}\t${mine}\t` +
				theirs);
		}
	}
	console.log(JSON.stringify({ files: all.length, ...count }));
}

main();
