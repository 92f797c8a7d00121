#include "param/param_new.h"

#include <stdlib.h>
#include <string.h>

#include "base/err.h"
#include "base/vec.h"
#include "param/param_internal.h"
#include "param/param_new_internal.h"
#include "param/param_target.h"
#include "policy/team.h"
#include "scan/rule.h"
#include "scan/scan.h"

struct making {
	struct gv_param_new *out;
	struct gv_param_pool *pool;
	const char *name, *like;
	struct gv_param_targets targets;
	const char *service; /* whose folder is looked at; NULL: the top */
	struct gv_param_private p; /* the layout whose files are looked for */
	const char *dir;
};

/* ---- words --------------------------------------------------------------- */

static bool
is_ipv4(const char *p, size_t len)
{
	size_t i, dots = 0;

	for (i = 0; i < len && (p[i] == '.' || (p[i] >= '0' && p[i] <= '9'));
	     i++)
		dots += p[i] == '.';
	return dots == 3 && len >= 7;
}

/* db.example.org, or db.internal:5432. Names of one dot alone are those of
 * files, too. */
static bool
is_host(const char *p, size_t len)
{
	const char *colon = memchr(p, ':', len);
	const size_t n = colon ? (size_t)(colon - p) : len;
	size_t i, dots = 0, last = 0;

	for (i = 0; i < n; i++) {
		if (p[i] == '.') {
			dots++;
			last = i + 1;
		} else if (p[i] != '-' && !gv_param_new_is_letter(p[i])) {
			return false;
		}
		if (p[i] == '.' && (i == 0 || p[i - 1] == '.'))
			return false;
		if (p[i] >= 'A' && p[i] <= 'Z')
			return false;
	}
	for (i = last; i < n; i++)
		if (p[i] < 'a')
			return false;
	for (i = n + 1; i < len; i++)
		if (p[i] < '0' || p[i] > '9')
			return false;
	return n - last >= 2 && dots >= (colon && len > n + 1 ? 1 : 2);
}

/* Whether a value names an environment, or an address of which there is one. */
static bool
is_own(const struct making *m, const struct gv_layer_value *v)
{
	const struct gv_param_targets *t = &m->targets;
	size_t i;

	if (v->kind != GV_LAYER_TEXT)
		return false;
	for (i = 0; i < t->n[GV_PARAM_ENVS]; i++)
		if (gv_param_new_word(
			v->text, v->len, t->names[GV_PARAM_ENVS][i]))
			return true;
	return gv_param_new_word(v->text, v->len, m->like) ||
	    memmem(v->text, v->len, "://", 3) ||
	    memmem(v->text, v->len, "arn:", 4) || is_ipv4(v->text, v->len) ||
	    is_host(v->text, v->len);
}

/* ---- one layer ----------------------------------------------------------- */

struct copying {
	struct making *m;
	const struct gv_param *param;
	struct gv_param_new_file *file;
	const char *service;
	size_t layer;
};

static int
add_note(const struct copying *c, enum gv_param_new_what what, const char *key,
    unsigned line)
{
	struct gv_param_new *out = c->m->out;
	struct gv_param_new_note note = { .what = what,
		/* what is dropped moves the lines of the new file */
		.file = what == GV_PARAM_NEW_COMMENT ? c->file->path
						     : c->file->like,
		.service = c->service,
		.line = line };

	note.key = gv_arena_copy(&out->arena, key, strlen(key));
	if (note.key == NULL ||
	    GV_GROW(out->notes, out->n_notes, out->cap_notes) < 0)
		return gv_err_nomem();
	out->notes[out->n_notes++] = note;
	return 0;
}

/* Cut the last step off a path of keys: false where it is the only one. */
static bool
cut(char *path)
{
	char *dot = strrchr(path, '.');

	if (dot == NULL || strchr(path, '"'))
		return false;
	*dot = '\0';
	return true;
}

/* An element of a list goes with the whole list, since the numbers of others
 * would be those of other elements from then on. */
static void
cut_element(char *path)
{
	char *open = strrchr(path, '[');

	if (open && open[1] >= '0' && open[1] <= '9' &&
	    path[strlen(path) - 1] == ']')
		*open = '\0';
}

/* The key that goes with a value: a map that would be empty goes as a whole. */
static int
find_key(char *path, const struct gv_layer *layer)
{
	const struct gv_layer_value *in;
	char *up;

	cut_element(path);
	while ((up = strdup(path)) != NULL && cut(up)) {
		in = gv_layer_find(layer->tree.root, up);
		if (in == NULL || in->kind != GV_LAYER_MAP || in->n != 1)
			break;
		path[strlen(up)] = '\0';
		cut_element(path);
		free(up);
	}
	free(up);
	return up ? 0 : gv_err_nomem();
}

/* Take a key out of the new file. */
static int
drop(struct copying *c, const char *key)
{
	struct gv_buf *text = &c->file->text, less = GV_BUF_INIT;
	struct gv_layer now = { .name = c->file->like,
		.text = text->p,
		.len = text->len,
		.format = c->param->layers[c->layer]->format };
	const bool nests = c->m->p.layout->are_dotted;
	char *path = strdup(key);
	struct gv_doc doc;
	uint32_t node;
	bool is_there;
	int r;

	if (path == NULL)
		return gv_err_nomem();
	if ((r = gv_layer_read(
		 &now, &(struct gv_layer_read_opts){ .nests = nests })) < 0)
		goto out;
	is_there = gv_layer_find(now.tree.root, key) != NULL;
	r = nests ? 0 : find_key(path, &now);
	gv_layer_release(&now);
	if (r < 0 ||
	    (r = gv_doc_read(&doc, now.format, text->p, text->len, NULL)) < 0)
		goto out;
	/* it may be gone with the secret before it */
	node = nests ? gv_param_find_spelled(&doc, path)
		     : gv_doc_find(&doc, GV_DOC_NONE, path);
	if (node != GV_DOC_NONE)
		r = gv_doc_drop(&less, &doc, node);
	else if (is_there)
		r = gv_err(GV_EREFUSED,
		    "the secret '%s' cannot be left out of the new file", key);
	gv_doc_release(&doc);
	if (r < 0 || node == GV_DOC_NONE)
		goto out;
	explicit_bzero(text->p, text->len);
	gv_buf_release(text);
	*text = less;
	less = (struct gv_buf)GV_BUF_INIT;
out:
	gv_buf_release(&less);
	free(path);
	return r;
}

static int
copy_leaf(void *ctx, const char *path, const struct gv_layer_value *v)
{
	struct copying *c = ctx;
	int r;

	if (gv_param_veil(c->param, v)) {
		r = add_note(c, GV_PARAM_NEW_SECRET, path, v->line);
		return r < 0 ? r : drop(c, path);
	}
	return is_own(c->m, v) ? add_note(c, GV_PARAM_NEW_OWN, path, v->line)
			       : 0;
}

/* Values with a secret are gone: what is found now stands in comments. The
 * last one first, so that the places of the others stay. */
static int
cover_comments(struct copying *c)
{
	static const char word[] = "<secret>";
	struct gv_scan found = GV_SCAN_INIT;
	struct gv_buf *text = &c->file->text;
	size_t i;
	int r = gv_param_scan_text(
	    &found, c->m->pool, c->file->like, text->p, text->len);

	for (i = found.n; r == 0 && i-- > 0;) {
		const struct gv_scan_finding *f = &found.findings[i];
		struct gv_buf rest = GV_BUF_INIT;

		if (f->rule->kind == GV_RULE_PUBLIC)
			continue;
		gv_buf_add(&rest, text->p + f->at + f->len,
		    text->len - f->at - f->len);
		explicit_bzero(text->p + f->at, text->len - f->at);
		gv_buf_truncate(text, f->at);
		gv_buf_addstr(text, word);
		gv_buf_add(text, rest.p, rest.len);
		if (rest.failed)
			r = gv_err_nomem();
		gv_buf_release(&rest);
		if (r == 0 && (r = gv_buf_check(text)) == 0)
			r = add_note(c, GV_PARAM_NEW_COMMENT, "", f->line);
	}
	gv_scan_release(&found);
	return r;
}

/* The secrets that are left: what is dropped is read again, and has none. */
static int
copy_text(struct copying *c)
{
	const struct gv_layer *layer = c->param->layers[c->layer];
	int r;

	gv_buf_add(&c->file->text, layer->text, layer->len);
	if ((r = gv_buf_check(&c->file->text)) < 0)
		return r;
	if ((r = gv_layer_each(layer->tree.root, copy_leaf, c)) == 0)
		r = cover_comments(c);
	return r < 0 ? gv_err_in(r, "%s", layer->name) : 0;
}

static const char *
word(struct making *m, const struct gv_param_words *w, int i)
{
	return w->words[i]
	    ? gv_arena_copy(&m->out->arena, w->words[i], w->lens[i])
	    : NULL;
}

static int
copy_file(struct making *m, const char *path, const char *to,
    const struct gv_param_words *w)
{
	const struct gv_param_query query = { .env = m->like,
		.service = w->words[1] ? word(m, w, 1) : m->service,
		.provider = word(m, w, 2),
		.region = word(m, w, 3),
		.layout = m->p.layout->name };
	struct gv_param_new *out = m->out;
	struct copying c = { .m = m, .service = query.service };
	struct gv_param *param = NULL;
	size_t i;
	int r;

	if (GV_GROW(out->files, out->n, out->cap) < 0)
		return gv_err_nomem();
	c.file = &out->files[out->n++];
	*c.file = (struct gv_param_new_file){ .text = GV_BUF_INIT,
		.set = m->p.store ? m->p.layout->name : NULL,
		.like = gv_arena_copy(&out->arena, path, strlen(path)),
		.path = gv_arena_copy(&out->arena, to, strlen(to)) };
	if (c.file->like == NULL || c.file->path == NULL)
		return GV_ENOMEM;
	if ((r = gv_param_open_layers(&param, m->pool, &query)) < 0)
		return r;
	c.param = param;
	for (i = 0; i < param->n; i++)
		if (!param->private->files[i]->is_section &&
		    strcmp(param->layers[i]->name, path) == 0)
			break;
	c.layer = i;
	/* one that is no layer of what it is named for has nothing to say */
	if (i < param->n && gv_param_is_closed(param, i))
		r = add_note(&c, GV_PARAM_NEW_CLOSED, "", 1);
	else if (i < param->n)
		r = copy_text(&c);
	if (i == param->n || gv_param_is_closed(param, i))
		out->n--;
	gv_param_close(param);
	return r;
}

/* ---- names of files ------------------------------------------------------ */

/* A path by a pattern, with another environment. */
static int
rename_path(struct gv_buf *out, const struct making *m, const char *pattern,
    const struct gv_param_words *w)
{
	static const char *const words[GV_PARAM_WORDS] = { "{env}", "{service}",
		"{provider}", "{region}", "{ext}" };
	const char *p = pattern + (*pattern == '?');
	size_t i, len;

	while (*p && *p != '|') {
		for (i = 0; i < GV_PARAM_WORDS; i++)
			if (strncmp(p, words[i], strlen(words[i])) == 0)
				break;
		len = strcspn(p + 1, "{|") + 1;
		if (i < GV_PARAM_WORDS) {
			if (i == 0)
				gv_buf_addstr(out, m->name);
			else
				gv_buf_add(out, w->words[i], w->lens[i]);
			len = strlen(words[i]);
		} else if (strncmp(p, "{dir}", 5) == 0) {
			gv_buf_addstr(out, m->dir);
			len = 5;
		} else if (*p == '{') {
			return 0;
		} else {
			gv_buf_add(out, p, len);
		}
		p += len;
	}
	return gv_buf_check(out) < 0 ? GV_ENOMEM : 1;
}

static bool
is_known(const struct making *m, const char *path)
{
	const struct gv_param_new_file *files = m->out->files;
	const char *set = m->p.store ? m->p.layout->name : NULL;
	size_t i;

	for (i = 0; i < m->out->n; i++)
		if (files[i].set == set && strcmp(files[i].like, path) == 0)
			return true;
	return false;
}

static bool
has_no_name(const struct gv_param_words *w)
{
	return !w->has_name;
}

static int
refuse_there(const struct making *m, const char *path)
{
	return gv_err(GV_EEXISTS,
	    "%s is there already; to change it: git vault config set --env %s",
	    path, m->name);
}

/* What is written to a storage is there before the files are: an earlier try
 * may have ended between. */
static int
check_there(struct making *m, const char *path)
{
	struct gv_param_new *out = m->out;
	struct gv_param_new_file *last =
	    out->n ? &out->files[out->n - 1] : NULL;
	struct gv_buf text = GV_BUF_WIPED_INIT;
	int r = gv_param_read_layer(&text, &m->p, path);

	if (r == 0 &&
	    !(last && strcmp(last->path, path) == 0 &&
		gv_buf_equal(&text, &last->text)))
		r = refuse_there(m, path);
	if (r == 0)
		last->is_there = true;
	gv_buf_release(&text);
	return r;
}

static int
try_pattern(struct making *m, const char *pattern, const char *path)
{
	struct gv_buf to = GV_BUF_INIT;
	struct gv_param_words w;
	int r;

	if (!gv_param_matches(&w, pattern, m->dir, path) || !w.words[0] ||
	    w.lens[0] != strlen(m->like) ||
	    memcmp(w.words[0], m->like, w.lens[0]) != 0)
		return 0;
	if ((r = rename_path(&to, m, pattern, &w)) <= 0)
		goto out;
	if (gv_param_has_pattern(m->p.layout, m->dir, to.p, has_no_name))
		r = gv_err(GV_EREFUSED,
		    "%s is a layer of all environments, so none can be called "
		    "'%s' here; choose another name",
		    to.p, m->name);
	else if (m->p.store == NULL && gv_param_exists(m->pool, to.p))
		r = refuse_there(m, to.p);
	else
		r = copy_file(m, path, to.p, &w);
	if (r == 0 && m->p.store && gv_param_has_layer(&m->p, to.p))
		r = check_there(m, to.p);
	r = r < 0 ? r : 1;
out:
	gv_buf_release(&to);
	return r;
}

static int
look(void *ctx, const char *path)
{
	struct making *m = ctx;
	const char *const *layers = m->p.layout->layers;
	const char *at;
	size_t i;
	int r = 0;

	if (is_known(m, path))
		return 0;
	for (i = 0; r == 0 && layers[i]; i++)
		for (at = layers[i]; r == 0 && at; at = strchr(at, '|')) {
			at += *at == '|';
			r = try_pattern(m, at, path);
		}
	return r < 0 ? r : 0;
}

static bool
is_same(const struct gv_layer *a, const struct gv_layer *b)
{
	const struct gv_layer_value *x = a->tree.root, *y = b->tree.root;

	return x && y ? gv_layer_is_equal(x, y) : x == y;
}

/* A file of all environments may have documents of `like` alone (Spring): they
 * are in no file that is copied. */
static int
note_documents(struct making *m)
{
	struct gv_param_query query = { .env = m->like,
		.service = m->service,
		.layout = m->p.layout->name };
	struct copying c = { .m = m, .service = m->service };
	struct gv_param_new_file file = { .text = GV_BUF_INIT };
	struct gv_param *theirs = NULL, *ours = NULL;
	size_t i;
	int r;

	c.file = &file;
	if ((r = gv_param_open_layers(&theirs, m->pool, &query)) < 0)
		goto out;
	query.env = m->name;
	if ((r = gv_param_open_layers(&ours, m->pool, &query)) < 0)
		goto out;
	for (i = 0; r == 0 && i < theirs->n && i < ours->n; i++) {
		file.like = theirs->layers[i]->name;
		if (theirs->private->files[i]->has_profiles &&
		    strcmp(file.like, ours->layers[i]->name) == 0 &&
		    !is_same(theirs->layers[i], ours->layers[i]))
			r = add_note(&c, GV_PARAM_NEW_DOCUMENT, "", 1);
	}
out:
	gv_param_close(theirs);
	gv_param_close(ours);
	return r == GV_ENOTFOUND ? 0 : r;
}

static int
copy_layout(struct making *m, const char *layout)
{
	const struct gv_policy_config *set =
	    layout ? gv_policy_config(&m->pool->policy.configs, layout) : NULL;
	int r;

	m->p = (struct gv_param_private){ .pool = m->pool,
		.query = { .env = m->like,
		    .service = m->service,
		    .layout = layout },
		.layout = &m->p.of_set };
	m->dir = "";
	r = set ? gv_param_use_set(&m->p, set)
		: gv_param_find_layout(&m->p, &set, &m->dir);
	if (r == 0 && m->p.layout->dialect == GV_PARAM_HIERA)
		r = gv_err(GV_EREFUSED,
		    "hiera.yaml names the files of its hierarchy itself; copy "
		    "those of '%s' by hand",
		    m->like);
	if (r == 0)
		r = m->p.store ? gv_param_store_each(m->p.store, look, m)
			       : gv_param_each_path(m->pool, look, m);
	if (r == 0 && m->p.layout->are_dotted)
		r = note_documents(m);
	gv_arena_release(&m->p.arena);
	return r;
}

/* The layout at the top, and that of each service: folders of services have
 * layouts of their own. */
static int
copy_found(struct making *m, const char *layout)
{
	const struct gv_param_targets *t = &m->targets;
	size_t i;
	int r = gv_param_targets(&m->targets, m->pool, layout);

	if (r < 0)
		return r;
	r = copy_layout(m, layout);
	for (i = 0; (r == 0 || r == GV_ENOTFOUND) && t->are_guessed &&
	     i < t->n[GV_PARAM_SERVICES];
	     i++) {
		m->service = gv_arena_copy(&m->out->arena,
		    t->names[GV_PARAM_SERVICES][i],
		    strlen(t->names[GV_PARAM_SERVICES][i]));
		r = m->service ? copy_layout(m, layout) : GV_ENOMEM;
	}
	m->service = NULL;
	return r == GV_ENOTFOUND && t->n[GV_PARAM_SERVICES] ? 0 : r;
}

static int
refuse_env(const struct making *m)
{
	const struct gv_param_targets *t = &m->targets;
	struct gv_buf names = GV_BUF_INIT;
	size_t i;
	int r;

	for (i = 0; i < t->n[GV_PARAM_ENVS]; i++)
		gv_buf_addf(
		    &names, "%s%s", i ? ", " : "", t->names[GV_PARAM_ENVS][i]);
	if ((r = gv_buf_check(&names)) == 0)
		r = gv_err(GV_ENOTFOUND,
		    "the environment '%s' has no layer of its own that Git "
		    "tracks; %s%s",
		    m->like,
		    names.len ? "environments that are known: "
			      : "no environment is known here",
		    names.len ? names.p : "");
	gv_buf_release(&names);
	return r;
}

/* ---- the whole ----------------------------------------------------------- */

int
gv_param_new(struct gv_param_new *out, struct gv_param_pool *pool,
    const char *layout, const char *name, const char *like)
{
	struct making m = {
		.out = out, .pool = pool, .name = name, .like = like
	};
	const struct gv_policy_configs *sets = &pool->policy.configs;
	size_t i;
	int r = 0;

	*out = (struct gv_param_new){ .policy = GV_BUF_INIT,
		.policy_was = GV_BUF_INIT };
	if (!gv_policy_is_name(name))
		return gv_err(GV_EUSAGE,
		    "'%s' can be no name of an environment: letters, digits, "
		    "'.', '_' and '-', a letter or digit first",
		    name);
	if (gv_policy_env(&pool->policy, name))
		return gv_err(GV_EEXISTS,
		    "the policy has an environment '%s' already", name);
	if (layout || sets->n == 0)
		r = copy_found(&m, layout);
	for (i = 0; layout == NULL && r == 0 && i < sets->n; i++) {
		gv_param_targets_release(&m.targets);
		r = gv_param_targets(&m.targets, pool, sets->items[i].name);
		if (r == 0 || r == GV_ENOTFOUND)
			r = copy_layout(&m, sets->items[i].name);
	}
	if (r == 0 && out->n == 0)
		r = refuse_env(&m);
	gv_param_targets_release(&m.targets);
	return r < 0 ? r : gv_param_new_policy(out, pool, name, like);
}

/* Those of one set, of which the first has the number `from`. */
static int
store_set(const struct gv_param_new *made, struct gv_param_pool *pool,
    const char *name, size_t from)
{
	struct gv_param_stored *values = calloc(made->n, sizeof(*values));
	struct gv_param_store *store = NULL;
	size_t i, n = 0;
	int r = values ? 0 : gv_err_nomem();

	for (i = from; r == 0 && i < made->n; i++)
		if (made->files[i].set == name && !made->files[i].is_there)
			values[n++] =
			    (struct gv_param_stored){ .key =
							  made->files[i].path,
				    .text = &made->files[i].text };
	if (r == 0 && n)
		r = gv_param_find_store(&store, pool,
		    gv_policy_config(&pool->policy.configs, name));
	if (r == 0 && n)
		r = gv_param_store_put(store, values, n);
	free(values);
	return r;
}

int
gv_param_new_store(const struct gv_param_new *made, struct gv_param_pool *pool)
{
	const char *set;
	size_t i, k;
	int r = 0;

	for (i = 0; r == 0 && i < made->n; i++) {
		if ((set = made->files[i].set) == NULL)
			continue;
		for (k = 0; made->files[k].set != set;)
			k++;
		if (k == i)
			r = store_set(made, pool, set, i);
	}
	return r;
}

static void
wipe(struct gv_buf *b)
{
	if (b->cap)
		explicit_bzero(b->p, b->len);
	gv_buf_release(b);
}

void
gv_param_new_release(struct gv_param_new *made)
{
	size_t i;

	for (i = 0; i < made->n; i++)
		wipe(&made->files[i].text);
	wipe(&made->policy);
	wipe(&made->policy_was);
	free(made->files);
	free(made->notes);
	gv_arena_release(&made->arena);
	*made = (struct gv_param_new){ .n = 0 };
}
