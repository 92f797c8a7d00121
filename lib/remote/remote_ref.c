#include "remote/remote_ref.h"

#include <stdlib.h>
#include <string.h>

#include "base/err.h"
#include "remote/remote.h"
#include "repo/config.h"
#include "repo/refs.h"
#include "repo/repo.h"
#include "sys/proc.h"
#include "vault/note.h"

#define OURS  GV_REFS_VAULT
#define HEADS "refs/heads/"
#define TAGS  "refs/tags/"
#define NOTES "notes/vault" /* behind a prefix, and among what is fetched */

/* Kinds whose refs do not name commits. */
static const char *const not_commits[] = { "good/", "locks/" };

#define N_NOT_COMMITS (sizeof(not_commits) / sizeof(not_commits[0]))

static bool
begins(const char *text, const char *with)
{
	return strncmp(text, with, strlen(with)) == 0;
}

/* ---- the prefix --------------------------------------------------------- */

/* git-check-ref-format(1), for one part of a name. */
static bool
is_part(const char *p, size_t len)
{
	size_t i;

	for (i = 0; i < len; i++)
		if ((unsigned char)p[i] <= ' ' || p[i] == 0x7f ||
		    strchr("~^:?*[\\", p[i]) ||
		    (i > 0 && p[i] == '.' && p[i - 1] == '.') ||
		    (i > 0 && p[i] == '{' && p[i - 1] == '@'))
			return false;
	return len && p[0] != '.' && p[len - 1] != '.' &&
	    !(len >= 5 && memcmp(p + len - 5, ".lock", 5) == 0);
}

/* Below refs/, and not all branches, nor where others' lie; nor tags, which git
 * moves by force alone. */
static bool
is_prefix(const char *p)
{
	size_t n, parts = 0;

	if (!begins(p, "refs/") || begins(p, TAGS) ||
	    begins(p, GV_REFS_REMOTES))
		return false;
	for (p += strlen("refs/"); *p; p += n + (p[n] == '/')) {
		n = strcspn(p, "/");
		if (!is_part(p, n))
			return false;
		if (parts++ == 0 && p[n + (p[n] == '/')] == '\0' &&
		    ((n == 5 && begins(p, "heads")) ||
			(n == 4 && begins(p, "tags"))))
			return false;
	}
	return parts > 0;
}

static const char *
configured(const struct gv_config *c, const char *remote, size_t len)
{
	struct gv_buf key = GV_BUF_INIT;
	const char *value = NULL;

	gv_buf_addf(&key, "vault.%.*s.prefix", (int)len, remote);
	if (gv_buf_check(&key) == 0)
		value = gv_config_get(c, key.p);
	gv_buf_release(&key);
	return value;
}

/* "vault.<remote>.prefix": the remote and its length, or 0. */
static size_t
remote_of(const char **remote, const char *key)
{
	size_t len = strlen(key);

	if (len <= 13 || !begins(key, "vault.") ||
	    strcmp(key + len - 7, ".prefix") != 0)
		return 0;
	*remote = key + 6;
	return len - 13;
}

const char *
gv_remote_ref_left(size_t *len, size_t *at, const struct gv_config *c)
{
	const char *remote = NULL;

	while (*at < c->n) {
		const struct gv_config_entry *e = &c->entries[(*at)++];

		/* what is set for all repositories need not be of this one's */
		*len = e->scope == GV_CONFIG_LOCAL ? remote_of(&remote, e->key)
						   : 0;
		if (*len && e->value && strcmp(e->value, OURS) != 0 &&
		    gv_remote_is_gone(c, remote, *len))
			return remote;
	}
	return NULL;
}

/* Git renames what it has of a remote, and not what we have: a vault would be
 * begun next to the one that is there. Of one that never had a prefix
 * nobody can tell, so it is asked for where another's has lost its remote. */
static int
check_left(const struct gv_config *c, const char *remote, size_t len)
{
	const char *left;
	size_t n, at = 0;

	left = gv_remote_is(c, remote, len) ? gv_remote_ref_left(&n, &at, c)
					    : NULL;
	if (left == NULL)
		return 0;
	return gv_err(GV_ERROR,
	    "vault.%.*s.prefix belongs to no existing remote; if it was "
	    "renamed to '%.*s', run 'git config --rename-section vault.%.*s "
	    "vault.%.*s', else 'git config --remove-section vault.%.*s'",
	    (int)n, left, (int)len, remote, (int)n, left, (int)len, remote,
	    (int)n, left);
}

int
gv_remote_ref_open(struct gv_remote_ref *out, const struct gv_config *c,
    const char *remote, size_t len)
{
	const char *prefix = configured(c, remote, len);
	size_t n;

	*out = (struct gv_remote_ref){ .remote = remote,
		.len = len,
		.commits = GV_BUF_INIT,
		.others = GV_BUF_INIT };
	if (prefix == NULL)
		return check_left(c, remote, len);
	if (strcmp(prefix, OURS) == 0)
		return 0;
	if (!is_prefix(prefix))
		return gv_err(GV_ERROR,
		    "vault.%.*s.prefix is '%s', which cannot begin the name of "
		    "a vault ref there%s; use one such as refs/heads/vault/",
		    (int)len, remote, prefix,
		    begins(prefix, TAGS) ? ", since git moves no tag" : "");
	gv_buf_addstr(&out->commits, prefix);
	n = out->commits.len;
	if (n && out->commits.p[n - 1] != '/')
		gv_buf_addch(&out->commits, '/');
	if (begins(out->commits.p, HEADS))
		gv_buf_addf(
		    &out->others, TAGS "%s", out->commits.p + strlen(HEADS));
	else
		gv_buf_addstr(&out->others, out->commits.p);
	return gv_buf_check(&out->commits) < 0 ? GV_ENOMEM
					       : gv_buf_check(&out->others);
}

void
gv_remote_ref_release(struct gv_remote_ref *map)
{
	if (map == NULL)
		return;
	gv_buf_release(&map->commits);
	gv_buf_release(&map->others);
}

bool
gv_remote_ref_is_prefixed(const struct gv_remote_ref *map)
{
	return map->commits.len > 0;
}

/* ---- names -------------------------------------------------------------- */

/* Whether what stands behind the prefix is no commit. */
static bool
is_other(const char *rest)
{
	size_t i;

	for (i = 0; i < N_NOT_COMMITS; i++)
		if (begins(rest, not_commits[i]))
			return true;
	return false;
}

int
gv_remote_ref_there(
    struct gv_buf *out, const struct gv_remote_ref *map, const char *ref)
{
	const char *rest = begins(ref, OURS) ? ref + strlen(OURS) : NULL;

	if (strcmp(ref, GV_REF_NOTES) == 0)
		rest = NOTES;
	if (rest == NULL || !gv_remote_ref_is_prefixed(map))
		gv_buf_addstr(out, ref);
	else
		gv_buf_addf(out, "%s%s",
		    is_other(rest) ? map->others.p : map->commits.p, rest);
	return gv_buf_check(out);
}

int
gv_remote_ref_here(
    struct gv_buf *out, const struct gv_remote_ref *map, const char *there)
{
	const char *rest = NULL;

	if (!gv_remote_ref_is_prefixed(map)) {
		if (!begins(there, OURS) && strcmp(there, GV_REF_NOTES) != 0)
			return 0;
		gv_buf_addstr(out, there);
		return gv_buf_check(out) < 0 ? GV_ENOMEM : 1;
	}
	if (begins(there, map->others.p) && is_other(there + map->others.len))
		rest = there + map->others.len;
	else if (begins(there, map->commits.p) &&
	    !is_other(there + map->commits.len))
		rest = there + map->commits.len;
	if (rest == NULL || *rest == '\0')
		return 0;
	if (strcmp(rest, NOTES) == 0)
		gv_buf_addstr(out, GV_REF_NOTES);
	else
		gv_buf_addf(out, OURS "%s", rest);
	return gv_buf_check(out) < 0 ? GV_ENOMEM : 1;
}

int
gv_remote_ref_list(
    struct gv_buf *out, const struct gv_remote_ref *map, const char *text)
{
	struct gv_buf name = GV_BUF_INIT;
	const char *tab, *nl;
	size_t before;
	int r = 0;

	if (!gv_remote_ref_is_prefixed(map)) {
		gv_buf_addstr(out, text);
		return gv_buf_check(out);
	}
	for (; r >= 0 && (nl = strchr(text, '\n')); text = nl + 1) {
		tab = memchr(text, '\t', (size_t)(nl - text));
		if (tab == NULL) /* for who reads it to refuse */
			tab = nl - 1;
		before = out->len;
		gv_buf_reset(&name);
		gv_buf_add(&name, tab + 1, (size_t)(nl - tab - 1));
		gv_buf_add(out, text, (size_t)(tab + 1 - text));
		r = gv_buf_check(&name) < 0
		    ? GV_ENOMEM
		    : gv_remote_ref_here(out, map, name.p);
		if (r == 0 && tab + 1 < nl)
			gv_buf_truncate(out, before);
		else
			gv_buf_addch(out, '\n');
	}
	gv_buf_release(&name);
	return r < 0 ? r : gv_buf_check(out);
}

/* ---- refspecs ----------------------------------------------------------- */

/* Whether something may begin with both. */
static bool
is_alike(const char *begin, size_t len, const char *with)
{
	size_t n = strlen(with);

	return strncmp(begin, with, len < n ? len : n) == 0;
}

static void
add_spec(struct gv_buf *out, const struct gv_remote_ref *map,
    const char *prefix, const char *begin, size_t len)
{
	gv_buf_addf(out, "+%s%.*s*:" GV_REFS_REMOTES "%.*s/%.*s*", prefix,
	    (int)len, begin, (int)map->len, map->remote, (int)len, begin);
	gv_buf_addch(out, '\0');
}

/* A branch where a tag belongs is no vault ref. */
static void
add_except(
    struct gv_buf *out, const struct gv_remote_ref *map, const char *kind)
{
	gv_buf_addf(out, "^%s%s*", map->commits.p, kind);
	gv_buf_addch(out, '\0');
}

int
gv_remote_ref_specs(struct gv_buf *out, const struct gv_remote_ref *map,
    const char *begin, size_t len)
{
	bool apart = strcmp(map->commits.p, map->others.p) != 0;
	bool all_other = false;
	size_t i, n;

	for (i = 0; i < N_NOT_COMMITS; i++) {
		n = strlen(not_commits[i]);
		all_other |= len >= n && is_alike(begin, len, not_commits[i]);
	}
	if (!apart || !all_other)
		add_spec(out, map, map->commits.len ? map->commits.p : OURS,
		    begin, len);
	if (map->commits.len == 0 && is_alike(begin, len, NOTES)) {
		gv_buf_addf(out,
		    "+" GV_REF_NOTES "*:" GV_REFS_REMOTES "%.*s/" NOTES "*",
		    (int)map->len, map->remote);
		gv_buf_addch(out, '\0');
	}
	for (i = 0; apart && i < N_NOT_COMMITS; i++) {
		n = strlen(not_commits[i]);
		if (!is_alike(begin, len, not_commits[i]))
			continue;
		add_spec(out, map, map->others.p,
		    len > n ? begin : not_commits[i], len > n ? len : n);
		if (!all_other)
			add_except(out, map, not_commits[i]);
	}
	return gv_buf_check(out);
}

/* Git 2.39 does not ask negative refspecs where it looks up what tracks a ref
 * that was pushed, but by those that it finds its name among the targets of: so
 * each comes with one whose targets are these names. A newer git asks them. */
static void
add_untracked(struct gv_buf *out, const char *prefix)
{
	gv_buf_addf(out, "%s*:%s*", prefix, prefix);
	gv_buf_addch(out, '\0');
	gv_buf_addf(out, "^%s*", prefix);
	gv_buf_addch(out, '\0');
}

int
gv_remote_ref_untracked(struct gv_buf *out, const struct gv_remote_ref *map)
{
	add_untracked(
	    out, gv_remote_ref_is_prefixed(map) ? map->commits.p : OURS);
	if (strcmp(map->commits.p, map->others.p) != 0)
		add_untracked(out, map->others.p);
	return gv_buf_check(out);
}

/* Whether a pattern takes in all that begins so. */
static bool
takes_in(const char *pattern, const char *prefix)
{
	size_t len = strcspn(pattern, "*:");

	return pattern[len] == '*' && strncmp(prefix, pattern, len) == 0;
}

int
gv_remote_ref_is_fetched(
    const struct gv_remote_ref *map, const struct gv_config *c)
{
	struct gv_buf key = GV_BUF_INIT;
	bool brings = false, leaves = false;
	size_t i;
	int r;

	gv_buf_addf(&key, "remote.%.*s.fetch", (int)map->len, map->remote);
	r = gv_buf_check(&key);
	for (i = 0; r == 0 && begins(map->commits.p, HEADS) && i < c->n; i++) {
		const char *v = c->entries[i].value;

		if (v == NULL || strcmp(c->entries[i].key, key.p) != 0)
			continue;
		leaves |= *v == '^' && takes_in(v + 1, map->commits.p);
		v += *v == '+';
		/* a mirror is to have them */
		brings |= begins(v, HEADS) && strchr(v, ':') &&
		    takes_in(v, map->commits.p);
	}
	gv_buf_release(&key);
	return r < 0 ? r : brings && !leaves;
}

/* ---- objects ------------------------------------------------------------ */

static int
fetch(const struct gv_repo *repo, const char *from, const struct gv_buf *names,
    size_t n)
{
	static const char *const begin[] = { "git", "-c",
		"core.askPass=", "fetch", "-q", "--refmap=", "--no-tags",
		"--no-prune", "--no-auto-maintenance", "--no-write-fetch-head",
		"--no-recurse-submodules", "--" };
	size_t at, m = sizeof(begin) / sizeof(begin[0]);
	const char **argv = calloc(m + n + 2, sizeof(*argv));
	struct gv_proc p = GV_PROC_INIT;
	int r;

	if (argv == NULL)
		return gv_err_nomem();
	memcpy(argv, begin, sizeof(begin));
	argv[m++] = from;
	for (at = 0; at < names->len; at += strlen(names->p + at) + 1)
		argv[m++] = names->p + at;
	r = gv_remote_run(&p, argv, &repo->config);
	if (r == 0 && p.status)
		r = gv_err(GV_ERROR, "%s", gv_proc_why(&p));
	gv_proc_release(&p);
	free(argv);
	return r;
}

int
gv_remote_ref_fetch(const struct gv_repo *repo, const char *remote,
    const char *from, const char *const *refs)
{
	struct gv_buf names = GV_BUF_INIT;
	struct gv_remote_ref map;
	size_t n;
	int r = gv_remote_ref_open(&map, &repo->config, remote, strlen(remote));

	for (n = 0; r == 0 && refs[n]; n++) {
		r = gv_remote_ref_there(&names, &map, refs[n]);
		gv_buf_addch(&names, '\0');
	}
	if (r == 0 && (r = gv_buf_check(&names)) == 0)
		r = fetch(repo, from, &names, n);
	gv_remote_ref_release(&map);
	gv_buf_release(&names);
	return r < 0 ? gv_err_in(r, "cannot fetch from the remote '%s'", remote)
		     : 0;
}

/* ---- whose it is -------------------------------------------------------- */

/* Whether it is a ref of this remote, as it has it or as a plain fetch brings
 * its branches. */
static bool
is_of(const struct gv_remote_ref *map, const char *name)
{
	static const char remotes[] = "refs/remotes/";

	if (!gv_remote_ref_is_prefixed(map))
		return false;
	if (begins(name, map->commits.p) ||
	    (begins(name, map->others.p) && is_other(name + map->others.len)))
		return true;
	if (!begins(name, remotes) || !begins(map->commits.p, HEADS))
		return false;
	name += strlen(remotes);
	return strncmp(name, map->remote, map->len) == 0 &&
	    name[map->len] == '/' &&
	    begins(name + map->len + 1, map->commits.p + strlen(HEADS));
}

bool
gv_remote_ref_is_ours(const struct gv_config *c, const char *name)
{
	size_t i, len, notes = strlen(GV_REF_NOTES);
	const char *remote;
	bool is = begins(name, OURS) || begins(name, GV_REFS_REMOTES) ||
	    begins(name, GV_REFS_TRASH) ||
	    (begins(name, GV_REF_NOTES) &&
		(name[notes] == '\0' || name[notes] == ' '));

	for (i = 0; !is && i < c->n; i++) {
		struct gv_remote_ref map;

		len = remote_of(&remote, c->entries[i].key);
		if (len == 0)
			continue;
		is = gv_remote_ref_open(&map, c, remote, len) == 0 &&
		    is_of(&map, name);
		gv_remote_ref_release(&map);
	}
	return is;
}
