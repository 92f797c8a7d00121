#include "snapshot/nested_internal.h"

#include <stdlib.h>
#include <string.h>

#include "base/err.h"
#include "base/map.h"
#include "base/path.h"
#include "object/odb.h"
#include "object/repo_odb.h"
#include "object/tree.h"
#include "record/mark.h"
#include "record/record_load.h"
#include "record/record_nested.h"
#include "repo/ref.h"
#include "repo/refs.h"
#include "repo/repo.h"

/* Links of several snapshots, each once, those of one path together. */
struct link {
	struct gv_record_nested nested;
	const struct gv_record *rec; /* the first that has it */
};

struct links {
	struct link *links;
	size_t n;
};

static int
by_path(const void *a, const void *b)
{
	const struct gv_record_nested *x = &((const struct link *)a)->nested;
	const struct gv_record_nested *y = &((const struct link *)b)->nested;
	int c = strcmp(x->path, y->path);

	return c ? c : strcmp(x->id, y->id);
}

/* How many from `at` on have its path. */
static size_t
same_path(const struct links *l, size_t at)
{
	size_t end = at;

	while (end < l->n &&
	    strcmp(l->links[end].nested.path, l->links[at].nested.path) == 0)
		end++;
	return end - at;
}

static int
collect(struct links *out, const struct gv_records *recs)
{
	struct gv_map seen = GV_MAP_INIT;
	size_t i, j, n = 0;
	int r = 0;

	for (i = 0; i < recs->n; i++)
		n += recs->records[i].n_nested;
	out->n = 0;
	out->links = calloc(n + 1, sizeof(*out->links));
	if (out->links == NULL)
		return gv_err_nomem();
	for (i = 0; i < recs->n; i++)
		for (j = 0; r == 0 && j < recs->records[i].n_nested; j++) {
			const struct gv_record *rec = &recs->records[i];
			const char *text = rec->nested[j];
			struct link *link = &out->links[out->n];

			if (gv_map_get(&seen, text, strlen(text)) ||
			    gv_record_read_nested(&link->nested, text) < 0)
				continue;
			link->rec = rec;
			out->n++;
			r = gv_map_put(&seen, text, strlen(text), link);
		}
	gv_map_release(&seen);
	if (out->n)
		qsort(out->links, out->n, sizeof(*out->links), by_path);
	return r;
}

/* --- whether they are there --- */

struct check {
	struct gv_repo *repo;
	void (*missing)(void *ctx, const struct gv_record *rec,
	    const struct gv_record_nested *link, const char *reason);
	void *ctx;
};

static void
tell(const struct check *c, const struct link *links, size_t n,
    const char *reason)
{
	size_t i;

	for (i = 0; i < n; i++)
		c->missing(c->ctx, links[i].rec, &links[i].nested, reason);
}

/* One line of the answer; the place behind it. */
static const char *
judge(const struct check *c, const struct link *link, const char *line)
{
	size_t n = strcspn(line, "\n");
	struct gv_oid id;

	if (n < GV_OID_HEX || gv_oid_parse(&id, line) < 0)
		tell(c, link, 1, "it is not in that repository");
	else if (!gv_oid_equal(&id, &link->nested.commit))
		tell(c, link, 1,
		    "that repository has another commit under its id");
	return line + n + (line[n] != '\0');
}

/* The links of one path. */
static int
check_path(const struct check *c, const struct link *links, size_t n)
{
	struct gv_proc p = GV_PROC_INIT;
	struct gv_buf names = GV_BUF_INIT;
	const char *line;
	size_t i;
	int r;

	for (i = 0; i < n; i++)
		gv_buf_addf(
		    &names, GV_REFS_SNAPSHOTS "%s\n", links[i].nested.id);
	if ((r = gv_buf_check(&names)) == 0)
		r = gv_nested_ask(
		    &p, c->repo, links[0].nested.path, false, &names);
	line = p.out.p;
	for (i = 0; r == 0 && i < n; i++)
		line = judge(c, &links[i], line);
	if (r == GV_ENOTFOUND || r == GV_EREFUSED) {
		tell(c, links, n,
		    r == GV_ENOTFOUND ? "there is no repository at that path"
				      : gv_err_message());
		r = 0;
	}
	gv_proc_release(&p);
	gv_buf_release(&names);
	return r;
}

int
gv_nested_check(struct gv_repo *repo, const struct gv_records *recs,
    void (*missing)(void *ctx, const struct gv_record *rec,
	const struct gv_record_nested *link, const char *reason),
    void *ctx)
{
	const struct check c = { repo, missing, ctx };
	struct links l;
	size_t i, n;
	int r = collect(&l, recs);

	for (i = 0; r == 0 && i < l.n; i += n) {
		n = same_path(&l, i);
		r = check_path(&c, &l.links[i], n);
	}
	free(l.links);
	return r;
}

/* --- letting go --- */

/* Whether the bytes of a pin say that it was set for a link. */
static bool
is_ours(const char *data, size_t len)
{
	char *why = NULL;
	int64_t time;
	bool yes;

	yes = gv_mark_parse_pin(&time, &why, data, len) == 0 && why &&
	    strcmp(why, GV_NESTED_PIN) == 0;
	free(why);
	return yes;
}

/* The next answer of `git cat-file --batch`: its bytes, or NULL where there is
 * no such object. *at moves on. */
static const char *
next_answer(const struct gv_buf *out, size_t *at, size_t *len)
{
	const char *line = out->p + *at, *last;
	const char *end = memchr(line, '\n', out->len - *at);

	if (end == NULL) {
		*at = out->len;
		return NULL;
	}
	*at = (size_t)(end - out->p) + 1;
	last = memrchr(line, ' ', (size_t)(end - line));
	if (last == NULL || last[1] < '0' || last[1] > '9')
		return NULL;
	*len = strtoul(last, NULL, 10);
	if (*len >= out->len - *at) {
		*at = out->len;
		return NULL;
	}
	line = out->p + *at;
	*at += *len + 1;
	return line;
}

/* Unpin, in the repository there, those of them that a link had pinned. Whether
 * each has a pin there, of whomever. */
static bool
unpin(const struct gv_repo *repo, const char *where, const struct link *links,
    size_t n)
{
	const char **argv = calloc(n + 5, sizeof(*argv));
	struct gv_proc p = GV_PROC_INIT, done = GV_PROC_INIT;
	struct gv_buf names = GV_BUF_INIT;
	size_t i, at = 0, len = 0, args = 4, found = 0;
	const char *bytes;

	for (i = 0; i < n; i++)
		gv_buf_addf(
		    &names, "refs/vault/marks:pinned/%s\n", links[i].nested.id);
	if (argv == NULL || gv_buf_check(&names) < 0 ||
	    gv_nested_ask(&p, repo, where, true, &names) < 0)
		goto out;
	argv[0] = "git";
	argv[1] = "vault";
	argv[2] = "-q";
	argv[3] = "unpin";
	for (i = 0; i < n; i++) {
		bytes = next_answer(&p.out, &at, &len);
		found += bytes != NULL;
		if (bytes && is_ours(bytes, len))
			argv[args++] = links[i].nested.id;
	}
	if (args > 4)
		(void)gv_nested_run(&done, repo, where, argv, NULL);
out:
	free(argv);
	gv_proc_release(&p);
	gv_proc_release(&done);
	gv_buf_release(&names);
	return found == n;
}

/* Append the git directory of the submodule that a .gitmodules has at a path:
 * it bears its name, and stays where the submodule is moved or removed. 0, or
 * GV_ENOTFOUND, GV_ENOMEM. */
static int
find_git_dir(struct gv_buf *out, const struct gv_repo *repo,
    const struct gv_oid *gitmodules, const char *path)
{
	char hex[GV_OID_HEX + 1];
	const char *const argv[] = { "git", "config", "-z", "--blob", hex,
		"--get-regexp", "^submodule\\..*\\.path$", NULL };
	struct gv_proc p = GV_PROC_INIT;
	char *key, *name, *value;
	int r;

	gv_oid_format(hex, gitmodules);
	r = gv_proc_run(&p, &(struct gv_proc_opts){ .argv = argv });
	for (key = p.out.p; r == 0 && key < p.out.p + p.out.len;
	     key = value + strlen(value) + 1) {
		value = key + strcspn(key, "\n");
		if (*value == '\0' || strcmp(value + 1, path) != 0)
			continue;
		*value = '\0';
		*strrchr(key, '.') = '\0';
		name = key + strlen("submodule.");
		/* a stranger may have chosen it */
		if (gv_path_is_all_safe(name))
			gv_buf_addf(out, "%s/modules/%s", repo->git_dir, name);
		break;
	}
	gv_proc_release(&p);
	if (r == 0)
		r = gv_buf_check(out);
	return r == 0 && out->len == 0 ? GV_ENOTFOUND : r;
}

/* The same for a submodule that was at that path then. Mostly all of them have
 * one .gitmodules, or few. */
static void
unpin_moved(struct gv_repo *repo, const struct link *links, size_t n)
{
	struct gv_oid id, last = { { 0 } };
	struct gv_buf dir = GV_BUF_INIT;
	struct gv_odb *odb;
	unsigned mode;
	size_t i;

	if (gv_repo_odb(repo, &odb) < 0)
		return;
	for (i = 0; i < n; i++) {
		if (gv_tree_find(odb, &links[i].rec->tree, ".gitmodules", &mode,
			&id) < 0 ||
		    gv_oid_equal(&id, &last))
			continue;
		last = id;
		gv_buf_reset(&dir);
		if (find_git_dir(&dir, repo, &id, links->nested.path) == 0)
			(void)unpin(repo, dir.p, links, n);
	}
	gv_buf_release(&dir);
}

/* Take out of `gone` what the snapshots that stand link too. */
static int
keep_linked(struct links *gone, struct gv_repo *repo)
{
	struct gv_records left = { 0 };
	struct gv_map ids = GV_MAP_INIT;
	struct gv_buf damaged = GV_BUF_INIT;
	struct links stay = { 0 };
	size_t i, n = 0;
	int r;

	if ((r = gv_records_load(&left, repo, &damaged)) < 0)
		goto out;

	/* what cannot be read might link any of them */
	if (damaged.len) {
		r = GV_ECORRUPT;
		goto out;
	}
	if ((r = collect(&stay, &left)) < 0)
		goto out;
	for (i = 0; r == 0 && i < stay.n; i++)
		r = gv_map_put(&ids, stay.links[i].nested.id, GV_RECORD_ID_LEN,
		    &stay.links[i]);
	if (r < 0)
		goto out;
	for (i = 0; i < gone->n; i++)
		if (!gv_map_get(
			&ids, gone->links[i].nested.id, GV_RECORD_ID_LEN))
			gone->links[n++] = gone->links[i];
out:
	gone->n = n;
	gv_map_release(&ids);
	free(stay.links);
	gv_buf_release(&damaged);
	gv_records_release(&left);
	return r;
}

/* The records of deleted commits, as far as they can be read, that link
 * anything. */
static int
load_gone(struct gv_records *out, struct gv_repo *repo,
    const struct gv_oid *commits, size_t n)
{
	size_t i;

	out->n = 0;
	out->records = calloc(n + 1, sizeof(*out->records));
	if (out->records == NULL)
		return gv_err_nomem();
	for (i = 0; i < n; i++) {
		struct gv_record *rec = &out->records[out->n];

		if (gv_record_load(rec, repo, &commits[i]) < 0)
			memset(rec, 0, sizeof(*rec));
		else if (rec->n_nested)
			out->n++;
		else
			gv_record_release(rec);
	}
	return 0;
}

void
gv_nested_unlink(struct gv_repo *repo, const struct gv_oid *commits, size_t n)
{
	struct gv_records gone = { 0 };
	struct links l = { 0 };
	size_t i, same;
	int r = repo->worktree ? load_gone(&gone, repo, commits, n) : 0;

	if (r == 0 && gone.n)
		r = collect(&l, &gone);
	if (r == 0 && l.n)
		r = keep_linked(&l, repo);
	for (i = 0; r == 0 && i < l.n; i += same) {
		same = same_path(&l, i);
		if (!unpin(repo, l.links[i].nested.path, &l.links[i], same))
			unpin_moved(repo, &l.links[i], same);
	}
	free(l.links);
	gv_records_release(&gone);
}
