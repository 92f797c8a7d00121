#include "remote/refspec.h"

#include <stdlib.h>
#include <string.h>

#include "base/err.h"
#include "key/keyring.h"
#include "remote/remote.h"
#include "remote/remote_ref.h"
#include "repo/config.h"
#include "repo/refs.h"
#include "vault/note.h"
#include "vault/setting.h"
#include "vault/setting.h"

/*
 * A plain name that the remote lacks is fatal to a fetch, and a glob of a scope
 * would bring those whose names begin with its: so the '*' stands in the word
 * before, where it can be nothing but empty.
 */

#define ALL       "*"
#define SNAPSHOTS "snapshots/*"
#define KEYRING   "keyrin*g" /* there is always one, so it tells that we are */
#define SEALED    "secret*s/"

/* What no environment has for itself. Snapshots are not here: a remote would
 * tell every fetch of a thousand, and in a part their names say no environment,
 * so that what came of all would have files of others. */
static const char *const always[] = { KEYRING, "marks*", "deleted*", "server/*",
	"audit/*", "reports/*", "config/*" };

/* By environments. */
static const char *const by_env[] = { "state/", "good/" };

#define N(array) (sizeof(array) / sizeof((array)[0]))

static bool
begins(const char *text, const char *with)
{
	return strncmp(text, with, strlen(with)) == 0;
}

static bool
ends(const char *text, size_t len, const char *with)
{
	size_t n = strlen(with);

	return len >= n && memcmp(text + len - n, with, n) == 0;
}

/* ---- whose a refspec is -------------------------------------------------- */

/* What a refspec brings to the place of the same name beside ours, behind
 * refs/vault/, and how long that is; NULL: it is another one. */
static const char *
brought(size_t *len, const struct gv_remote_ref *map, const char *spec)
{
	static const char from[] = "+refs/vault/", to[] = ":" GV_REFS_REMOTES;
	const char *rest = spec + strlen(from), *p;

	if (!begins(spec, from))
		return NULL;
	*len = strcspn(rest, ":");
	p = rest + *len;
	if (!begins(p, to))
		return NULL;
	p += strlen(to);
	if (strncmp(p, map->remote, map->len) != 0 || p[map->len] != '/')
		return NULL;
	p += map->len + 1;
	return strlen(p) == *len && memcmp(p, rest, *len) == 0 ? rest : NULL;
}

static bool
is_word(const char *rest, size_t len, const char *word)
{
	return len == strlen(word) && memcmp(rest, word, len) == 0;
}

static bool
is_all(const char *rest, size_t len)
{
	return is_word(rest, len, ALL);
}

/* Whether it is one by which ours are known to be there. */
static bool
is_sign(const char *rest, size_t len)
{
	return is_all(rest, len) || is_word(rest, len, KEYRING);
}

static bool
takes_snapshots(const char *rest, size_t len)
{
	return is_all(rest, len) || begins(rest, "snapshots/");
}

/* Whether it may be a vault refspec, or has a part's fetch bring too much. */
static bool
is_ours(const char *rest, size_t len)
{
	bool is = is_sign(rest, len) || begins(rest, SEALED) ||
	    is_word(rest, len, "secrets/*") || is_word(rest, len, SNAPSHOTS);
	size_t i;

	for (i = 0; i < N(always); i++)
		is |= is_word(rest, len, always[i]);
	for (i = 0; i < N(by_env); i++)
		is |= begins(rest, by_env[i]) && ends(rest, len, "/*");
	return is;
}

/* Whether a key has a refspec of this kind. */
static bool
has_one(const struct gv_config *c, const struct gv_remote_ref *map,
    const char *key, bool (*is)(const char *rest, size_t len))
{
	const char *rest;
	size_t i, len;

	for (i = 0; i < c->n; i++) {
		if (c->entries[i].value == NULL ||
		    strcmp(c->entries[i].key, key) != 0)
			continue;
		rest = brought(&len, map, c->entries[i].value);
		if (rest && is(rest, len))
			return true;
	}
	return false;
}

/* ---- which part --------------------------------------------------------- */

static int
add_key(struct gv_buf *out, const char *section,
    const struct gv_remote_ref *map, const char *name)
{
	gv_buf_addf(
	    out, "%s.%.*s.%s", section, (int)map->len, map->remote, name);
	return gv_buf_check(out);
}

static bool
is_narrowed(const struct gv_config *c, const struct gv_remote_ref *map)
{
	size_t i;

	for (i = 0; i < c->n; i++) {
		const char *v = c->entries[i].value;

		if (strcmp(c->entries[i].key, GV_SETTING_NARROWED) == 0 && v &&
		    strlen(v) == map->len &&
		    memcmp(v, map->remote, map->len) == 0)
			return true;
	}
	return false;
}

int
gv_refspec_read(struct gv_refspec_part *out, const struct gv_config *c,
    const struct gv_remote_ref *map)
{
	struct gv_buf key = GV_BUF_INIT, fetch = GV_BUF_INIT;
	const char **envs = NULL;
	size_t i, n = 0;
	int r = add_key(&key, "vault", map, "only");

	*out = (struct gv_refspec_part){ .is_all = !is_narrowed(c, map) };
	if (r == 0 && (r = add_key(&fetch, "remote", map, "fetch")) == 0 &&
	    out->is_all)
		out->with_snapshots = has_one(c, map, fetch.p, is_all);
	if (r == 0 && !out->is_all) {
		envs = calloc(c->n + 1, sizeof(*envs));
		r = envs ? 0 : gv_err_nomem();
	}
	for (i = 0; envs && i < c->n; i++)
		if (c->entries[i].value &&
		    strcmp(c->entries[i].key, key.p) == 0)
			envs[n++] = c->entries[i].value;
	out->envs = envs;
	out->n_envs = n;
	gv_buf_release(&key);
	gv_buf_release(&fetch);
	return r;
}

int
gv_refspec_brings_snapshots(
    bool *out, const struct gv_config *c, const struct gv_remote_ref *map)
{
	struct gv_buf key = GV_BUF_INIT;
	int r = add_key(&key, "remote", map, "fetch");

	*out = r == 0 && has_one(c, map, key.p, takes_snapshots);
	gv_buf_release(&key);
	return r;
}

/* ---- the refspecs ------------------------------------------------------- */

static void
add_spec(struct gv_buf *out, const struct gv_remote_ref *map, const char *front,
    const char *env, const char *back)
{
	gv_buf_addf(out, "+%s%s%s%s:" GV_REFS_REMOTES "%.*s/%s%s%s",
	    gv_remote_ref_is_prefixed(map) ? map->commits.p : GV_REFS_VAULT,
	    front, env, back, (int)map->len, map->remote, front, env, back);
	gv_buf_addch(out, '\0');
}

/* What is there of an environment is never called otherwise. */
static bool
can_be(const char *env)
{
	return gv_keyring_is_name(env, strlen(env));
}

static void
add_scopes(struct gv_buf *out, const struct gv_remote_ref *map,
    const struct gv_refspec_part *part)
{
	size_t i;

	if (part->n_envs == 0) {
		add_spec(out, map, "secrets/", "", "*");
		return;
	}
	add_spec(out, map, SEALED, GV_KEYRING_SHARED, "");
	for (i = 0; i < part->n_envs; i++)
		if (can_be(part->envs[i]) &&
		    strcmp(part->envs[i], GV_KEYRING_SHARED) != 0)
			add_spec(out, map, SEALED, part->envs[i], "");
}

int
gv_refspec_add_keyring(struct gv_buf *out, const struct gv_remote_ref *map)
{
	add_spec(out, map, KEYRING, "", "");
	return gv_buf_check(out);
}

int
gv_refspec_add_sealed(struct gv_buf *out, const struct gv_remote_ref *map,
    const struct gv_refspec_part *part)
{
	add_spec(out, map, KEYRING, "", "");
	add_scopes(out, map, part);
	return gv_buf_check(out);
}

static void
add_part(struct gv_buf *out, const struct gv_remote_ref *map,
    const struct gv_refspec_part *part)
{
	size_t i, k;

	for (i = 0; i < N(always); i++)
		add_spec(out, map, always[i], "", "");
	add_scopes(out, map, part);
	for (i = 0; i < N(by_env); i++) {
		if (part->n_envs == 0)
			add_spec(out, map, by_env[i], "", "*");
		for (k = 0; k < part->n_envs; k++)
			if (can_be(part->envs[k]))
				add_spec(
				    out, map, by_env[i], part->envs[k], "/*");
	}
	gv_buf_addf(out,
	    "+" GV_REF_NOTES "*:" GV_REFS_REMOTES "%.*s/notes/vault*",
	    (int)map->len, map->remote);
	gv_buf_addch(out, '\0');
}

int
gv_refspec_add(struct gv_buf *out, const struct gv_remote_ref *map,
    const struct gv_refspec_part *part)
{
	if (gv_remote_ref_is_prefixed(map)) {
		gv_buf_addf(out, "^%s*", map->commits.p);
		gv_buf_addch(out, '\0');
	} else if (part->with_snapshots) {
		return gv_remote_ref_specs(out, map, "", 0);
	} else {
		add_part(out, map, part);
	}
	return gv_buf_check(out);
}

/* ---- putting them there ------------------------------------------------- */

static bool
has(const struct gv_buf *list, const char *value)
{
	size_t at;

	for (at = 0; at < list->len; at += strlen(list->p + at) + 1)
		if (strcmp(list->p + at, value) == 0)
			return true;
	return false;
}

/* Have a key have these values, and of those that it has alone the ones that
 * are not the vault's. What is to be there comes first: a fetch in between
 * brings too much rather than nothing. */
static int
change(const struct gv_config *c, const struct gv_remote_ref *map,
    const char *key, const struct gv_buf *values)
{
	struct gv_buf there = GV_BUF_INIT;
	const char *rest;
	size_t i, at, len;
	int r;

	for (i = 0; i < c->n; i++)
		if (c->entries[i].value && strcmp(c->entries[i].key, key) == 0)
			gv_buf_add(&there, c->entries[i].value,
			    strlen(c->entries[i].value) + 1);
	r = gv_buf_check(&there);
	for (at = 0; r == 0 && at < values->len;
	     at += strlen(values->p + at) + 1)
		if (!has(&there, values->p + at))
			r = gv_setting_add(key, values->p + at);
	for (at = 0; r == 0 && at < there.len; at += strlen(there.p + at) + 1) {
		rest = brought(&len, map, there.p + at);
		if (!has(values, there.p + at) &&
		    (begins(key, "vault.") || (rest && is_ours(rest, len))))
			r = gv_setting_del(key, there.p + at);
	}
	gv_buf_release(&there);
	return r;
}

const char **
gv_refspec_argv(
    const char *const *begin, const char *remote, const struct gv_buf *specs)
{
	size_t at, i, n = 0, n_specs = 0;
	const char **argv;

	while (begin[n])
		n++;
	for (at = 0; at < specs->len; at += strlen(specs->p + at) + 1)
		n_specs++;
	argv = calloc(n + n_specs + 2, sizeof(*argv));
	if (argv == NULL)
		return NULL;
	for (i = 0; i < n; i++)
		argv[i] = begin[i];
	argv[n++] = remote;
	for (at = 0; at < specs->len; at += strlen(specs->p + at) + 1)
		argv[n++] = specs->p + at;
	return argv;
}

int
gv_refspec_put(const struct gv_config *c, const struct gv_remote_ref *map,
    const struct gv_refspec_part *part)
{
	struct gv_buf only = GV_BUF_INIT, fetch = GV_BUF_INIT;
	struct gv_buf envs = GV_BUF_INIT, specs = GV_BUF_INIT;
	size_t i;
	int r = add_key(&only, "vault", map, "only");

	if (r == 0)
		r = add_key(&fetch, "remote", map, "fetch");
	for (i = 0; !part->is_all && i < part->n_envs; i++)
		gv_buf_add(&envs, part->envs[i], strlen(part->envs[i]) + 1);
	if (r < 0 || (r = gv_buf_check(&envs)) < 0 ||
	    (r = gv_refspec_add(&specs, map, part)) < 0)
		goto out;
	if (!gv_remote_ref_is_prefixed(map) &&
	    has_one(c, map, fetch.p, is_sign) &&
	    (r = change(c, map, fetch.p, &specs)) < 0)
		goto out;
	r = change(c, map, only.p, &envs);
out:
	gv_buf_release(&only);
	gv_buf_release(&fetch);
	gv_buf_release(&envs);
	gv_buf_release(&specs);
	return r;
}
