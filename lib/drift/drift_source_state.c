#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/err.h"
#include "base/vec.h"
#include "drift/drift_source_internal.h"
#include "state/track.h"
#include "state/track_binding.h"
#include "state/track_diff.h"
#include "toolstate/state.h"

/*
 * The newest saved states of two environments: each resource is a document of
 * its attributes, put below its address, and one of those that the tool calls
 * sensitive. Where a state cannot be opened, only the names are compared, which
 * the index has in clear.
 */

struct states {
	struct gv_drift_source *s;
	struct gv_repo *repo;
	struct gv_safe *safe;
	struct gv_track_version *versions; /* by environment and stack */
	size_t n, cap;
	bool names_only; /* some of them cannot be opened */
	/* of the state that is read */
	const struct gv_track_version *at;
	const char *path, *role;
	uint32_t env;
	bool is_shut;
};

/* ---- one resource -------------------------------------------------------- */

/* What a provider keeps for itself, and how far an apply has come. */
static bool
is_inner(const char *name, size_t len)
{
	static const char *const words[] = { "private", "identity.",
		"instance.", "timeouts", "schema_version" };
	size_t i;

	for (i = 0; i < sizeof(words) / sizeof(words[0]); i++) {
		const size_t n = strlen(words[i]);

		if (len >= n && memcmp(name, words[i], n) == 0 &&
		    (len == n || words[i][n - 1] == '.'))
			return true;
	}
	return false;
}

static bool
is_output(const struct gv_state_item *item)
{
	return item->address_len > 7 &&
	    memcmp(item->address, "output.", 7) == 0;
}

static bool
is_left_out(
    const struct gv_state_item *item, const struct gv_state_attribute *one)
{
	return one->value_len == 0 || is_inner(one->name, one->name_len) ||
	    (is_output(item) && one->name_len == 4 &&
		memcmp(one->name, "type", 4) == 0);
}

static bool
is_secret(
    const struct gv_state_item *item, const struct gv_state_attribute *one)
{
	return (one->marks & GV_STATE_SENSITIVE) ||
	    ((item->marks & GV_STATE_SENSITIVE) && is_output(item));
}

static int
add_text(struct states *x, struct gv_buf *text, const char *address, size_t len,
    bool is_secret)
{
	struct gv_drift_source_private *p = x->s->private;
	struct gv_drift_file file = { .path = x->path,
		.role = x->role,
		.env = x->env,
		.under = gv_arena_copy(&p->arena, address, len),
		.is_private = true,
		.is_ignored = true,
		.is_state = true,
		.is_secret = is_secret,
		.is_shut = x->is_shut };

	if (file.under == NULL ||
	    GV_GROW(p->texts, p->n_texts, p->cap_texts) < 0)
		return gv_err_nomem();
	p->texts[p->n_texts++] = *text;
	file.text = text->p;
	file.len = text->len;
	*text = (struct gv_buf)GV_BUF_INIT;
	return gv_drift_add(x->s->drift, &file);
}

/* The attributes that are sensitive, or the others, as one map. The buffer has
 * room for all before a value goes in, so no copy of one is left behind. */
static int
add_attributes(
    struct states *x, const struct gv_state_item *item, bool is_of_secrets)
{
	struct gv_buf text = GV_BUF_INIT;
	size_t i, room = 3;
	bool is_first = true;
	int r;

	for (i = 0; i < item->n_attributes; i++)
		room += item->attributes[i].name_len +
		    item->attributes[i].value_len + 4;
	if (gv_buf_grow(&text, room) < 0)
		return gv_err_nomem();
	gv_buf_addch(&text, '{');
	for (i = 0; i < item->n_attributes; i++) {
		const struct gv_state_attribute *one = &item->attributes[i];

		if (is_left_out(item, one) ||
		    is_secret(item, one) != is_of_secrets)
			continue;
		gv_buf_addstr(&text, is_first ? "\"" : ",\"");
		gv_buf_add(&text, one->name, one->name_len);
		gv_buf_addstr(&text, "\":");
		gv_buf_add(&text, one->value, one->value_len);
		is_first = false;
	}
	gv_buf_addch(&text, '}');
	if ((r = gv_buf_check(&text)) == 0 && !is_first)
		r = add_text(
		    x, &text, item->address, item->address_len, is_of_secrets);
	if (text.p)
		explicit_bzero(text.p, text.len);
	gv_buf_release(&text);
	return r;
}

static bool
is_wanted(unsigned marks, bool is_deposed)
{
	return !is_deposed && !(marks & (GV_STATE_DATA | GV_STATE_DEPOSED));
}

static int
on_group(void *ctx, const struct gv_state_group *group)
{
	struct states *x = ctx;
	size_t i;
	int r = 0;

	for (i = 0; r == 0 && i < group->n_items; i++) {
		const struct gv_state_item *item = &group->items[i];

		if (!is_wanted(item->marks, item->deposed != NULL))
			continue;
		if ((r = add_attributes(x, item, false)) == 0)
			r = add_attributes(x, item, true);
	}
	return r;
}

/* Of one that is shut: a value that nobody looks at. */
static int
on_name(void *ctx, const struct gv_track_item *item)
{
	struct states *x = ctx;
	struct gv_buf text = GV_BUF_INIT;
	bool is_first = true;
	size_t i;
	int r;

	if (!is_wanted(item->marks, *item->deposed != '\0'))
		return 0;
	gv_buf_addch(&text, '{');
	for (i = 0; i < item->n_has; i++) {
		const char *name = item->has[i].name;

		if (is_inner(name, strlen(name)))
			continue;
		gv_buf_addf(&text, "%s\"%s\":\"?\"", is_first ? "" : ",", name);
		is_first = false;
	}
	gv_buf_addch(&text, '}');
	if ((r = gv_buf_check(&text)) == 0 && !is_first)
		r = add_text(
		    x, &text, item->address, strlen(item->address), false);
	gv_buf_release(&text);
	return r;
}

/* ---- one state ----------------------------------------------------------- */

static int64_t
read_some(void *ctx, void *data, size_t len)
{
	return gv_track_reader_read(ctx, data, len);
}

static int
read_state(struct states *x)
{
	struct gv_track_reader *reader = NULL;
	struct gv_state_source source = { .read = read_some };
	struct gv_state_info info;
	const char *misfit;
	int r;

	if ((r = gv_track_reader_new(&reader, x->repo, x->safe, x->at)) < 0)
		return r;
	source.ctx = reader;
	if ((r = gv_state_run(&info, &source, on_group, x)) == 0 &&
	    (misfit = gv_track_binding_misfit(x->at, &info)) != NULL)
		r = gv_err(GV_ECORRUPT, "it is not used: %s", misfit);
	gv_track_reader_free(reader);
	return r;
}

/* Whether somebody here can read it. */
static int
find_opens(bool *out, const struct states *x, const struct gv_track_version *v)
{
	struct gv_track_reader *reader = NULL;
	char *before = gv_err_save();
	int r = x->safe ? gv_track_reader_new(&reader, x->repo, x->safe, v)
			: GV_ENOKEY;

	*out = r == 0;
	gv_track_reader_free(reader);
	return gv_err_settle(r == GV_ENOKEY ? 0 : r, before);
}

static int
add_state(struct states *x, const struct gv_track_version *v, uint32_t env)
{
	struct gv_drift_source_private *p = x->s->private;
	struct gv_buf path = GV_BUF_INIT;
	bool opens = false;
	int r;

	gv_buf_addf(&path, "%s/%s", v->env, v->stack);
	if ((r = gv_buf_check(&path)) < 0)
		goto out;
	x->path = gv_arena_copy(&p->arena, path.p, path.len);
	x->role = gv_arena_copy(&p->arena, v->stack, strlen(v->stack));
	if (x->path == NULL || x->role == NULL) {
		r = gv_err_nomem();
		goto out;
	}
	x->at = v;
	x->env = env;
	if (x->names_only) {
		r = find_opens(&opens, x, v);
		x->is_shut = !opens;
		if (r == 0)
			r = gv_track_items(x->repo, v, on_name, x);
	} else {
		r = read_state(x);
	}
	if (r < 0)
		r = gv_err_in(r, "the state %s", path.p);
out:
	gv_buf_release(&path);
	return r;
}

/* ---- the states of both -------------------------------------------------- */

struct finding_versions {
	struct states *x;
	const char *const *envs;
};

static int
note_version(void *ctx, const struct gv_track_version *v)
{
	struct finding_versions *f = ctx;
	struct states *x = f->x;
	struct gv_track_of of = { v->env, v->stack };
	struct gv_track_version *out;
	int r;

	if (strcmp(v->env, f->envs[0]) != 0 && strcmp(v->env, f->envs[1]) != 0)
		return 0;
	if (GV_GROW(x->versions, x->n, x->cap) < 0)
		return gv_err_nomem();
	out = &x->versions[x->n];
	memset(out, 0, sizeof(*out));
	if ((r = gv_track_resolve(out, x->repo, &of, "latest")) == 0)
		x->n++;
	return r;
}

/* One that was copied from elsewhere says nothing of this environment. */
static int
check(struct states *x, const struct gv_track_version *v)
{
	enum gv_track_binding kind;
	bool opens = false;
	int r = gv_track_binding_check(&kind, x->repo, x->safe, v);

	if (r == 0)
		r = find_opens(&opens, x, v);
	x->names_only |= !opens;
	return r;
}

static int
find_versions(struct states *x, const char *const envs[2])
{
	struct finding_versions f = { x, envs };
	bool has[2] = { false, false };
	size_t i;
	int e, r;

	if ((r = gv_track_each(x->repo, note_version, NULL, &f)) < 0)
		return r;
	for (i = 0; i < x->n; i++) {
		has[strcmp(x->versions[i].env, envs[0]) != 0] = true;
		if ((r = check(x, &x->versions[i])) < 0)
			return r;
	}
	for (e = 0; e < 2; e++)
		if (!has[e])
			return gv_err(GV_ENOTFOUND,
			    "no state of '%s' is saved; to list them: git "
			    "vault state list",
			    envs[e]);
	return 0;
}

static int
add_states(struct states *x, const char *const envs[2])
{
	size_t i;
	int r = 0;

	for (i = 0; r == 0 && i < x->n; i++)
		r = add_state(x, &x->versions[i],
		    strcmp(x->versions[i].env, envs[0]) != 0);
	return r;
}

/* A state may be of an environment that has no file. */
static int
name_env(const char **out, struct gv_drift_source_private *p, const char *word)
{
	const struct gv_envtree_env *env;
	int r = gv_envtree_word(&env, p->map->tree, word);

	if (r < 0)
		return r;
	*out = gv_arena_copy(
	    &p->arena, env ? env->name : word, strlen(env ? env->name : word));
	return *out ? 0 : gv_err_nomem();
}

static int
add_env(struct gv_drift_source_private *p, unsigned index, const char *name)
{
	const struct gv_envtree_env *env;
	int r = gv_envtree_word(&env, p->map->tree, name);

	if (r < 0)
		return r;
	p->envs[index] = (struct gv_drift_env){ name,
		env ? (unsigned)env->tier * 1000 + env->order : index,
		env && env->tier == GV_ENVTREE_PROD };
	return gv_drift_source_add_word(p, name, index);
}

static int
open_states(struct states *x, const char *left, const char *right)
{
	struct gv_drift_source_private *p = x->s->private;
	const char *envs[2];
	int r;

	if ((r = gv_drift_source_begin(p, x->repo)) < 0 ||
	    (r = name_env(&envs[0], p, left)) < 0 ||
	    (r = name_env(&envs[1], p, right)) < 0)
		return r;
	if (strcmp(envs[0], envs[1]) == 0)
		return gv_err(GV_EUSAGE, "'%s' and '%s' are one environment",
		    left, right);
	p->envs = calloc(2, sizeof(*p->envs));
	if (p->envs == NULL)
		return gv_err_nomem();
	if ((r = find_versions(x, envs)) < 0 ||
	    (r = add_env(p, 0, envs[0])) < 0 ||
	    (r = add_env(p, 1, envs[1])) < 0)
		return r;
	x->s->envs = p->envs;
	x->s->n_envs = 2;
	p->opts = (struct gv_drift_opts){ .envs = p->envs,
		.n_envs = 2,
		.names = { p->words, p->n_words },
		.rules = p->rules.set };
	if ((r = gv_drift_new(&x->s->drift, &p->opts)) < 0)
		return r;
	return add_states(x, envs);
}

int
gv_drift_source_open_states(struct gv_drift_source **out, struct gv_repo *repo,
    struct gv_safe *safe, const char *left, const char *right)
{
	struct states x = {
		.s = gv_drift_source_new(), .repo = repo, .safe = safe
	};
	size_t i;
	int r;

	if (x.s == NULL)
		return gv_err_nomem();
	r = gv_drift_source_settle(out, x.s, open_states(&x, left, right));
	for (i = 0; i < x.n; i++)
		gv_track_version_release(&x.versions[i]);
	free(x.versions);
	return r;
}
