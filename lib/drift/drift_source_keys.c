#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/err.h"
#include "base/vec.h"
#include "doc/doc.h"
#include "drift/drift_source_internal.h"
#include "infra/envkey.h"
#include "lex/ascii.h"
#include "worktree/index.h"

/*
 * Environments that are keys of a file. What leads to the key is the same on
 * both sides, and so is the role of the files; the key's own name is left out.
 */

/* FILE#KEY */
struct key {
	const char *file, *place;
};

/* A part of a file for each side. */
struct part {
	const char *place, *under;
};

struct side {
	struct key key;
	struct gv_drift_file file;
	struct part *parts;
	size_t n, cap;
	struct gv_buf label; /* the environment as the file spells it */
	const char *name;    /* in the usual spelling, or NULL */
};

struct opening {
	struct gv_drift_source *s;
	struct side sides[2];
	struct side *at; /* that is looked for */
	const struct gv_doc *doc;
};

/* The path without its last step. */
static size_t
parent_len(const char *place)
{
	size_t len = strlen(place);
	bool is_quoted = false;

	if (len && place[len - 1] == ']') {
		for (len--; len > 0 && (is_quoted || place[len - 1] != '[');
		     len--)
			if (place[len - 1] == '"')
				is_quoted = !is_quoted;
		return len ? len - 1 : 0;
	}
	while (len > 0 && place[len - 1] != '.')
		len--;
	return len ? len - 1 : 0;
}

static int
split(struct key *out, struct gv_drift_source_private *p, const char *text)
{
	const char *hash = strchr(text, '#');

	/* a file may have '#' in its name */
	while (hash && strchr(hash + 1, '#') &&
	    !gv_envtree_has(p->map->tree, text, (size_t)(hash - text)))
		hash = strchr(hash + 1, '#');
	if (hash == NULL || hash == text || hash[1] == '\0')
		return gv_err(GV_EUSAGE,
		    "'%s' is not FILE#KEY, such as params.yaml#prod", text);
	out->file = gv_arena_copy(&p->arena, text, (size_t)(hash - text));
	out->place = gv_arena_copy(&p->arena, hash + 1, strlen(hash + 1));
	return out->file && out->place ? 0 : gv_err_nomem();
}

static int
add_part(struct side *side, struct gv_arena *arena, const char *place)
{
	const size_t len = parent_len(place);
	struct part *part;

	if (GV_GROW(side->parts, side->n, side->cap) < 0)
		return gv_err_nomem();
	part = &side->parts[side->n++];
	part->place = gv_arena_copy(arena, place, strlen(place));
	part->under = gv_arena_copy(arena, place, len);
	return part->place && part->under ? 0 : gv_err_nomem();
}

/* ---- parts that the policy names ----------------------------------------- */

/* `map` has the files of that side. */
static int
add_said(struct gv_drift_source *s, unsigned env, const char *text,
    const struct gv_envmap *map)
{
	struct gv_drift_source_private *p = s->private;
	struct gv_drift_file file = { .env = env };
	struct key key;
	const char *under;
	int r = split(&key, p, text);

	if (r < 0)
		return r;
	if (!gv_envtree_has(map->tree, key.file, strlen(key.file)))
		return 0;
	under = gv_arena_copy(&p->arena, key.place, parent_len(key.place));
	if (under == NULL)
		return gv_err_nomem();
	file.path = file.role = key.file;
	file.part = key.place;
	file.under = under;
	file.is_private = p->index && !p->is_tree &&
	    gv_index_find(p->index, key.file, strlen(key.file), 0) == NULL;
	file.is_ignored = gv_envmap_ignores(map, key.file);
	return gv_drift_add(s->drift, &file);
}

int
gv_drift_source_add_keys_of(struct gv_drift_source *s, unsigned side,
    const char *name, const struct gv_envmap *map)
{
	const struct gv_policy_envs *envs = &s->private->map->policy.envs;
	size_t i, k;
	int r;

	for (i = 0; i < envs->n; i++) {
		const struct gv_policy_env *env = &envs->items[i];
		const struct gv_policy_texts *keys =
		    &env->lists[GV_POLICY_ENV_KEYS];

		if (env->is_new || strcmp(env->name, name) != 0)
			continue;
		for (k = 0; k < keys->n; k++)
			if ((r = add_said(s, side, keys->items[k], map)) < 0)
				return r;
	}
	return 0;
}

int
gv_drift_source_add_keys(struct gv_drift_source *s)
{
	size_t e;
	int r;

	for (e = 0; e < s->n_envs; e++)
		if ((r = gv_drift_source_add_keys_of(
			 s, (unsigned)e, s->envs[e].name, s->private->map)) < 0)
			return r;
	return 0;
}

/* ---- two keys ------------------------------------------------------------ */

/* The name of a node: its key, or what an element of a list says. */
static void
name_node(struct gv_buf *out, const struct gv_doc *doc, uint32_t node)
{
	if (doc->nodes[node].key_len)
		gv_doc_key(out, doc, node);
	else if (doc->nodes[node].kind == GV_DOC_SCALAR)
		gv_doc_text(out, doc, node);
}

static int
add_found(void *ctx, const struct gv_envkey *key)
{
	struct opening *o = ctx;
	struct side *side = o->at;
	struct gv_buf path = GV_BUF_INIT;
	int r;

	if (strcmp(key->env, side->name) != 0)
		return 0;
	if (side->label.len == 0)
		name_node(&side->label, o->doc, key->node);
	gv_doc_path(&path, o->doc, key->node);
	if ((r = gv_buf_check(&path)) == 0)
		r = add_part(side, &o->s->private->arena, path.p);
	gv_buf_release(&path);
	return r;
}

/* The place itself, or all that are named like the environment. */
static int
find_parts(struct opening *o)
{
	const struct gv_doc *doc = o->doc;
	struct gv_drift_source_private *p = o->s->private;
	struct side *side = o->at;
	const uint32_t node = gv_doc_find(doc, GV_DOC_NONE, side->key.place);
	const struct gv_envtree_env *env;
	struct gv_envkey key;
	int r;

	if (node != GV_DOC_NONE) {
		if (gv_envkey_find(&key, doc, side->key.place) &&
		    key.node == node)
			side->name = key.env;
		name_node(&side->label, doc, node);
		return add_part(side, &p->arena, side->key.place);
	}
	if ((r = gv_envtree_word(&env, p->map->tree, side->key.place)) < 0)
		return r;
	if (env) {
		side->name = env->name;
		if ((r = gv_envkey_each(doc, add_found, o)) < 0)
			return r;
	}
	return side->n ? 0
		       : gv_err(GV_ENOTFOUND,
			     "'%s' has no key '%s', nor a key that is named "
			     "like this environment next to another one",
			     side->key.file, side->key.place);
}

static int
read_side(struct opening *o)
{
	struct gv_drift_source_private *p = o->s->private;
	struct side *side = o->at;
	struct gv_drift_file *file = &side->file;
	enum gv_doc_format format;
	struct gv_doc doc;
	int r;

	file->path = side->key.file;
	if (!gv_envtree_has(p->map->tree, file->path, strlen(file->path)))
		return gv_err(GV_ENOTFOUND,
		    "there is no file '%s' that snapshots hold", file->path);
	file->is_private =
	    gv_index_find(p->index, file->path, strlen(file->path), 0) == NULL;
	file->is_ignored = gv_envmap_ignores(p->map, file->path);
	if ((r = gv_drift_source_read(p, file)) < 0)
		return r;
	if (file->text == NULL ||
	    !gv_doc_format_of(&format, file->path, file->text, file->len))
		return gv_err(GV_ENOTFOUND,
		    "'%s' cannot be read as a document with keys", file->path);
	if ((r = gv_doc_read(&doc, format, file->text, file->len, NULL)) < 0)
		return r;
	o->doc = &doc;
	r = find_parts(o);
	o->doc = NULL;
	gv_doc_release(&doc);
	return r;
}

/* ---- the environments ---------------------------------------------------- */

static int
add_env(struct opening *o, unsigned index)
{
	struct gv_drift_source_private *p = o->s->private;
	struct side *side = &o->sides[index];
	const struct gv_envtree_env *env = NULL;
	struct gv_drift_env *out = &p->envs[index];
	char *word, *c;
	int r;

	if (side->label.len == 0)
		gv_buf_addstr(&side->label, side->key.place);
	if ((r = gv_buf_check(&side->label)) < 0)
		return r;
	out->name = gv_arena_copy(&p->arena, side->label.p, side->label.len);
	word = gv_arena_copy(&p->arena, side->label.p, side->label.len);
	if (out->name == NULL || word == NULL)
		return gv_err_nomem();
	for (c = word; *c; c++)
		*c = gv_ascii_small(*c);
	if ((r = gv_drift_source_add_word(p, word, index)) < 0)
		return r;
	if (side->name == NULL)
		return 0;
	if ((r = gv_drift_source_add_word(p, side->name, index)) < 0 ||
	    (r = gv_envtree_word(&env, p->map->tree, side->name)) < 0)
		return r;
	if (env) {
		out->order = (unsigned)env->tier * 1000 + env->order;
		out->is_prod = env->tier == GV_ENVTREE_PROD;
	}
	return 0;
}

static int
add_envs(struct opening *o)
{
	struct gv_drift_source_private *p = o->s->private;
	int r;

	p->envs = calloc(2, sizeof(*p->envs));
	if (p->envs == NULL)
		return gv_err_nomem();
	if ((r = add_env(o, 0)) < 0 || (r = add_env(o, 1)) < 0)
		return r;
	o->s->envs = p->envs;
	o->s->n_envs = 2;
	return 0;
}

static int
add_parts(struct opening *o)
{
	size_t i, k;
	int r = 0;

	for (i = 0; i < 2; i++)
		for (k = 0; r == 0 && k < o->sides[i].n; k++) {
			struct gv_drift_file file = o->sides[i].file;

			file.env = (uint32_t)i;
			file.role = o->sides[0].key.file;
			file.part = o->sides[i].parts[k].place;
			file.under = o->sides[i].parts[k].under;
			/* two places that are named are compared, wherever
			 * they are */
			if (o->sides[0].n == 1 && o->sides[1].n == 1)
				file.under = o->sides[0].parts[0].under;
			r = gv_drift_add(o->s->drift, &file);
		}
	return r;
}

static int
open_keys(struct opening *o, struct gv_repo *repo, const char *const *texts)
{
	struct gv_drift_source_private *p = o->s->private;
	int i, r;

	if ((r = gv_drift_source_begin(p, repo)) < 0)
		return r;
	for (i = 0; i < 2; i++) {
		o->at = &o->sides[i];
		if ((r = split(&o->at->key, p, texts[i])) < 0 ||
		    (r = read_side(o)) < 0)
			return r;
	}
	if ((r = add_envs(o)) < 0)
		return r;
	p->opts = (struct gv_drift_opts){ .envs = p->envs,
		.n_envs = 2,
		.names = { p->words, p->n_words },
		.rules = p->rules.set };
	if ((r = gv_drift_new(&o->s->drift, &p->opts)) < 0)
		return r;
	return add_parts(o);
}

int
gv_drift_source_open_keys(struct gv_drift_source **out, struct gv_repo *repo,
    const char *left, const char *right)
{
	const char *const texts[] = { left, right };
	struct opening o = { .s = gv_drift_source_new(),
		.sides = {
		    { .label = GV_BUF_INIT }, { .label = GV_BUF_INIT } } };
	int i, r;

	if (o.s == NULL)
		return gv_err_nomem();
	r = gv_drift_source_settle(out, o.s, open_keys(&o, repo, texts));
	for (i = 0; i < 2; i++) {
		gv_buf_release(&o.sides[i].label);
		free(o.sides[i].parts);
	}
	return r;
}
