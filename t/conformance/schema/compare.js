// Hold our verdicts against those of ajv and of @hyperjump/json-schema:
//
//	npm install ajv ajv-draft-04 @hyperjump/json-schema js-yaml@3
//	node compare.js SCHEMA-TOOL SCHEMASTORE
//
// SCHEMASTORE is a checkout of SchemaStore/schemastore: each file of src/test/X
// and src/negative_test/X, of JSON or YAML, against src/schemas/json/X.json. A
// line for each file on which ours differs from one of the others, and how
// often which verdicts came together; "error" is a schema that one of them
// refuses, and "unknown" what ours could not check.
// Formats are left out of the comparison: whether they hold is the caller's
// choice, and ajv chooses otherwise.
'use strict';
const fs = require('fs');
const path = require('path');
const { spawnSync } = require('child_process');
const { createRequire } = require('module');

const from = createRequire(path.join(process.cwd(), 'x.js'));
const [tool, store] = process.argv.slice(2);
const SECONDS = 8;	// for hyperjump to compile a schema

const DRAFTS = {
	'04': ['ajv-draft-04', 'http://json-schema.org/draft-04/schema#'],
	'06': ['ajv', 'http://json-schema.org/draft-06/schema#'],
	'07': ['ajv', 'http://json-schema.org/draft-07/schema#'],
	'2019-09': ['ajv/dist/2019',
		'https://json-schema.org/draft/2019-09/schema'],
	'2020-12': ['ajv/dist/2020',
		'https://json-schema.org/draft/2020-12/schema'],
};

function draftOf(schema) {
	const found = /draft-?\/?(04|06|2019-09|2020-12)/.exec(
		schema.$schema || '');
	return found ? found[1] : '07';
}

function pairs() {
	const all = [];
	for (const kind of ['test', 'negative_test']) {
		const top = path.join(store, 'src', kind);
		if (!fs.existsSync(top))
			continue;
		for (const name of fs.readdirSync(top).sort()) {
			const schema = path.join(
				store, 'src/schemas/json', name + '.json');
			const dir = path.join(top, name);
			if (!fs.existsSync(schema) ||
			    !fs.statSync(dir).isDirectory())
				continue;
			for (const file of fs.readdirSync(dir))
				if (/\.(json|ya?ml)$/.test(file))
					all.push([schema, path.join(dir, file)]);
		}
	}
	return all;
}

function ours(all) {
	const run = spawnSync(tool, ['judge', 'plain'], {
		input: all.map((p) => p.join('\t') + '\n').join(''),
		encoding: 'utf8', maxBuffer: 1 << 28 });
	return new Map(run.stdout.trim().split('\n').map((line) => {
		const [schema, file, verdict] = line.split('\t');
		return [schema + '\t' + file, verdict];
	}));
}

function read(file) {
	const text = fs.readFileSync(file, 'utf8');
	const yaml = from('js-yaml');
	return file.endsWith('.json') ? JSON.parse(text) :
		yaml.load(text, { schema: yaml.JSON_SCHEMA });
}

function compileAjv(schema) {
	const draft = draftOf(schema);
	const Ajv = from(DRAFTS[draft][0]).default || from(DRAFTS[draft][0]);
	const ajv = new Ajv({ strict: false, logger: false,
		validateFormats: false });
	if (draft === '06')
		ajv.addMetaSchema(
			from('ajv/dist/refs/json-schema-draft-06.json'));
	return ajv.compile(schema);
}

let registered = 0;

async function compileHyperjump(schema) {
	const draft = draftOf(schema);
	const lib = await import(require.resolve('@hyperjump/json-schema/draft-' +
		draft, { paths: [process.cwd()] }));
	const uri = 'https://compare.example/' + registered++;
	const copy = JSON.parse(JSON.stringify(schema));
	delete copy.$schema;
	delete copy.$id;
	if (draft === '04')
		delete copy.id;
	lib.registerSchema(copy, uri, DRAFTS[draft][1]);
	const check = await Promise.race([lib.validate(uri),
		new Promise((resolve, reject) => setTimeout(
			() => reject(new Error('too slow')), SECONDS * 1000))]);
	return (value) => check(value).valid;
}

async function compile(make, schema) {
	try {
		return await make(JSON.parse(fs.readFileSync(schema, 'utf8')));
	} catch (e) {
		return () => { throw e; };
	}
}

function judge(validate, value) {
	try {
		return validate(value) ? 'valid' : 'invalid';
	} catch (e) {
		return 'error';
	}
}

async function main() {
	const all = pairs(), mine = ours(all), count = {};
	let last, ajv, hyperjump;
	for (const [schema, file] of all) {
		if (last !== schema) {
			ajv = await compile(compileAjv, schema);
			hyperjump = await compile(compileHyperjump, schema);
			last = schema;
		}
		let value;
		try {
			value = read(file);
		} catch (e) {
			continue;
		}
		const verdicts = [mine.get(schema + '\t' + file),
			judge(ajv, value), judge(hyperjump, value)];
		const key = verdicts.join(' ');
		count[key] = (count[key] || 0) + 1;
		if (/^(in)?valid$/.test(verdicts[0]) && verdicts.slice(1).some(
			(v) => v !== 'error' && v !== verdicts[0]))
			console.log([path.relative(store, schema),
				path.relative(store, file), ...verdicts]
				.join('\t'));
	}
	console.log('ours ajv hyperjump', JSON.stringify(count, null, 1));
	process.exit(0);
}

main();
