#include "record/undo.h"

#include <fcntl.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "base/err.h"
#include "base/vec.h"
#include "repo/repo.h"
#include "sys/file.h"

/*
 * Fields, each with a NUL behind it, since paths and pathspecs may hold any
 * other byte:
 *	git-vault undo 1, what=restore, time=1764313000,
 *	id=20261120T071244Z-0123abcd, tree=main, dir=/srv/iac, prefix=envs/,
 *	word=--delete, …
 */
#define HEAD     "git-vault undo 1"
#define MAX_FILE ((size_t)64 * 1024 * 1024)

static const char *const names[GV_UNDO_N] = {
	[GV_UNDO_RESTORE] = "restore",
	[GV_UNDO_ROLLBACK] = "rollback",
	[GV_UNDO_DELETE] = "delete",
	[GV_UNDO_PRUNE] = "prune",
	[GV_UNDO_UNDELETE] = "undelete",
};

const char *
gv_undo_name(enum gv_undo_what what)
{
	return names[what];
}

/* ---- the file ------------------------------------------------------------ */

static void
add_field(struct gv_buf *out, const char *key, const char *value)
{
	if (value == NULL)
		return;
	gv_buf_addf(out, "%s=%s", key, value);
	gv_buf_addch(out, '\0');
}

void
gv_undo_format(struct gv_buf *out, const struct gv_undo *u)
{
	size_t i;

	gv_buf_add(out, HEAD, sizeof(HEAD));
	add_field(out, "what", names[u->what]);
	gv_buf_addf(out, "time=%" PRId64, u->time);
	gv_buf_addch(out, '\0');
	add_field(out, "id", u->id);
	add_field(out, "tree", u->tree);
	add_field(out, "dir", u->dir);
	add_field(out, "prefix", u->prefix);
	for (i = 0; i < u->n; i++)
		add_field(out, "word", u->words[i]);
}

static int
damaged(void)
{
	return gv_err(GV_ECORRUPT,
	    ".git/vault/undo is damaged, so the last change is not known; to "
	    "go back to a snapshot: git vault restore SNAP --in-place");
}

static int
take_what(struct gv_undo *u, const char *value)
{
	size_t i;

	for (i = 0; i < GV_UNDO_N; i++)
		if (strcmp(names[i], value) == 0) {
			u->what = (enum gv_undo_what)i;
			return 0;
		}
	return damaged();
}

static int
take_time(struct gv_undo *u, const char *value)
{
	char *end;

	u->time = strtoll(value, &end, 10);
	return *value && *end == '\0' ? 0 : damaged();
}

static int
take_word(struct gv_undo *u, size_t *cap, const char *value)
{
	const char **words = (const char **)u->words;
	int r = gv_vec_grow((void **)&words, cap, u->n + 1, sizeof(*words));

	u->words = words;
	if (r == 0)
		words[u->n++] = value;
	return r;
}

static int
take_field(struct gv_undo *u, size_t *cap, const char *field)
{
	const char *value = strchr(field, '=');
	size_t len = value ? (size_t)(value - field) : 0;

	if (value++ == NULL)
		return damaged();
	if (len == 4 && memcmp(field, "what", len) == 0)
		return take_what(u, value);
	if (len == 4 && memcmp(field, "time", len) == 0)
		return take_time(u, value);
	if (len == 4 && memcmp(field, "word", len) == 0)
		return take_word(u, cap, value);
	if (len == 4 && memcmp(field, "tree", len) == 0)
		u->tree = value;
	else if (len == 6 && memcmp(field, "prefix", len) == 0)
		u->prefix = value;
	else if (len == 3 && memcmp(field, "dir", len) == 0)
		u->dir = value;
	else if (len == 2 && memcmp(field, "id", len) == 0)
		u->id = value;
	else
		return damaged();
	return 0;
}

static bool
is_complete(const struct gv_undo *u)
{
	if (u->what == GV_UNDO_RESTORE || u->what == GV_UNDO_ROLLBACK)
		return u->id && u->tree && u->dir && u->prefix;
	return u->n > 0;
}

int
gv_undo_parse(struct gv_undo *out, const char *text, size_t len)
{
	const char *p, *end;
	size_t cap = 0;
	int r = 0;

	*out = (struct gv_undo){ .what = GV_UNDO_N, .arena = GV_ARENA_INIT };
	if (len < sizeof(HEAD) || text[len - 1] != '\0' ||
	    memcmp(text, HEAD, sizeof(HEAD)) != 0)
		return damaged();
	p = gv_arena_copy(&out->arena, text, len);
	if (p == NULL)
		return GV_ENOMEM;
	end = p + len;
	for (p += sizeof(HEAD); r == 0 && p < end; p += strlen(p) + 1)
		r = take_field(out, &cap, p);
	if (r == 0 && (out->what == GV_UNDO_N || !is_complete(out)))
		r = damaged();
	if (r < 0)
		gv_undo_release(out);
	return r;
}

void
gv_undo_release(struct gv_undo *u)
{
	free((void *)u->words);
	gv_arena_release(&u->arena);
	memset(u, 0, sizeof(*u));
}

static int
path_of(struct gv_buf *out, const struct gv_repo *repo)
{
	gv_buf_addf(out, "%s/vault/undo", repo->common_dir);
	return gv_buf_check(out);
}

const char *
gv_undo_tree(const struct gv_repo *repo)
{
	const char *slash = strrchr(repo->git_dir, '/');

	if (strcmp(repo->git_dir, repo->common_dir) == 0)
		return "main";
	return slash ? slash + 1 : repo->git_dir;
}

static int
make_folder(const struct gv_repo *repo)
{
	struct gv_buf path = GV_BUF_INIT;
	int r;

	gv_buf_addf(&path, "%s/vault", repo->common_dir);
	if ((r = gv_buf_check(&path)) == 0)
		r = gv_file_mkdirs(AT_FDCWD, path.p, 0777);
	gv_buf_release(&path);
	return r;
}

int
gv_undo_save(struct gv_repo *repo, const struct gv_undo *u)
{
	struct gv_buf path = GV_BUF_INIT, text = GV_BUF_INIT;
	struct gv_undo whole = *u;
	int r = path_of(&path, repo);

	if (u->id) {
		whole.tree = gv_undo_tree(repo);
		whole.dir = repo->worktree;
		whole.prefix = repo->prefix;
	}
	gv_undo_format(&text, &whole);
	if (r == 0 && (r = gv_buf_check(&text)) == 0 &&
	    (r = make_folder(repo)) == 0)
		r = gv_file_replace(
		    AT_FDCWD, path.p, text.p, text.len, 0666, false);
	gv_buf_release(&path);
	gv_buf_release(&text);
	return r < 0 ? gv_err_in(r, "nothing is changed") : 0;
}

int
gv_undo_load(struct gv_undo *out, const struct gv_repo *repo)
{
	struct gv_buf path = GV_BUF_INIT, text = GV_BUF_INIT;
	int r = path_of(&path, repo);

	if (r == 0 &&
	    (r = gv_file_read(&text, AT_FDCWD, path.p, MAX_FILE)) == 0)
		r = gv_undo_parse(out, text.len ? text.p : "", text.len);
	gv_buf_release(&path);
	gv_buf_release(&text);
	return r;
}

/* ---- the decision -------------------------------------------------------- */

static enum gv_undo_verdict
plan_files(struct gv_undo_plan *out, const struct gv_undo *u,
    const struct gv_undo_facts *f)
{
	size_t i;

	if (f->tree == NULL || strcmp(u->tree, f->tree) != 0)
		return GV_UNDO_ELSEWHERE;
	if (!f->has_safety)
		return GV_UNDO_GONE;
	if (u->what == GV_UNDO_ROLLBACK) {
		out->argv[out->n++] = "rollback";
		out->argv[out->n++] = "--undo";
		out->argv[out->n++] = u->id;
		return GV_UNDO_POSSIBLE;
	}
	out->argv[out->n++] = "restore";
	out->argv[out->n++] = u->id;
	out->argv[out->n++] = "--in-place";
	for (i = 0; i < u->n; i++)
		out->argv[out->n++] = u->words[i];
	return GV_UNDO_POSSIBLE;
}

/* Snapshots that were deleted come back from the trash; those that came back
 * are deleted again. */
static enum gv_undo_verdict
plan_snapshots(struct gv_undo_plan *out, const struct gv_undo *u,
    const struct gv_undo_facts *f)
{
	const bool was_back = u->what == GV_UNDO_UNDELETE;
	const enum gv_undo_place from = was_back ? GV_UNDO_LIVE : GV_UNDO_TRASH;
	size_t i, n_done = 0;

	out->argv[out->n++] = was_back ? "delete" : "undelete";
	for (i = 0; i < u->n; i++) {
		if (f->places[i] == from)
			out->argv[out->n++] = u->words[i];
		else if (f->places[i] == GV_UNDO_LOST)
			out->n_lost++;
		else
			n_done++;
	}
	if (out->n > 1)
		return GV_UNDO_POSSIBLE;
	return n_done ? GV_UNDO_ALREADY : GV_UNDO_GONE;
}

int
gv_undo_plan(struct gv_undo_plan *out, const struct gv_undo *u,
    const struct gv_undo_facts *facts)
{
	enum { MOST = 4 };

	*out = (struct gv_undo_plan){ .verdict = GV_UNDO_NONE };
	if (u == NULL)
		return 0;
	out->argv = calloc(u->n + MOST, sizeof(*out->argv));
	if (out->argv == NULL)
		return gv_err_nomem();
	out->verdict =
	    u->id ? plan_files(out, u, facts) : plan_snapshots(out, u, facts);
	if (out->verdict != GV_UNDO_POSSIBLE)
		out->n = 0;
	out->argv[out->n] = NULL;
	return 0;
}
