#include <string.h>

#include "base/arena.h"
#include "base/err.h"
#include "base/map.h"
#include "object/odb.h"
#include "object/repo_odb.h"
#include "repo/repo.h"
#include "state/track_internal.h"
#include "sys/proc.h"

/*
 * The newest version of each commit of the project is found among the parents
 * of versions, which git lists out of its commit-graph, where it has one,
 * without a look at the commits: of two parents the first is the version
 * before, the second the commit of the project. Of one it can be either. A
 * third is a version of another clone, which a resolved conflict has merged.
 */

struct by_code {
	const struct gv_track_of *of;
	struct gv_odb *odb;
	struct gv_arena arena;
	struct gv_map versions; /* their ids, by that of the project's commit */
};

#define LINE_MAX_IDS 4 /* a version and its parents */

/* The ids of a line; how many, 0 for a line of something else. */
static size_t
read_line(struct gv_oid ids[LINE_MAX_IDS], const char *line, const char *end)
{
	size_t n = 0;

	while (n < LINE_MAX_IDS && end - line >= GV_OID_HEX &&
	    gv_oid_parse(&ids[n], line) == 0) {
		n++;
		line += GV_OID_HEX;
		if (line < end && *line == ' ')
			line++;
	}
	return line == end ? n : 0;
}

static int
note_code(
    struct by_code *b, const struct gv_oid *code, const struct gv_oid *version)
{
	char *key;

	if (gv_map_get(&b->versions, code->id, GV_OID_RAW))
		return 0;
	key = gv_arena_alloc(&b->arena, (size_t)2 * GV_OID_RAW);
	if (key == NULL)
		return GV_ENOMEM;
	memcpy(key, code->id, GV_OID_RAW);
	memcpy(key + GV_OID_RAW, version->id, GV_OID_RAW);
	return gv_map_put(&b->versions, key, GV_OID_RAW, key + GV_OID_RAW);
}

/* A version that has one parent: 1 where it is the first of all. */
static int
note_one(struct by_code *b, const struct gv_oid *commit)
{
	struct gv_track_version v;
	bool is_first;
	int r = gv_track_load(&v, b->odb, commit);

	if (r == 0 && !gv_oid_is_zero(&v.code))
		r = note_code(b, &v.code, &v.commit);
	is_first = r == 0 && gv_oid_is_zero(&v.previous);
	gv_track_version_release(&v);
	return r < 0 ? r : is_first;
}

/* Behind the first version git lists the project's own commits. */
static int
note_all(struct by_code *b, const struct gv_buf *lines)
{
	const char *p = lines->p, *end = p + lines->len, *line;
	struct gv_oid ids[LINE_MAX_IDS];
	int r = 0;

	for (; r == 0 && p < end; p = line + 1) {
		line = memchr(p, '\n', (size_t)(end - p));
		if (line == NULL)
			break;
		switch (read_line(ids, p, line)) {
		case 4:
		case 3:
			r = note_code(b, &ids[2], &ids[0]);
			break;
		case 2:
		case 1:
			r = note_one(b, &ids[0]);
			break;
		default:
			r = gv_err(GV_ERROR, "git rev-list lists no commits");
		}
	}
	return r < 0 ? r : 0;
}

/* The commit and its ancestors, as git lists them, to the first that has a
 * version. */
static int
go_up(struct gv_oid *out, bool *is_exact, const struct by_code *b,
    const struct gv_buf *lines)
{
	const char *line = lines->p, *end = line + lines->len;
	struct gv_oid id;

	for (; end - line > GV_OID_HEX; line += GV_OID_HEX + 1) {
		const char *version;

		if (gv_oid_parse(&id, line) < 0)
			break;
		version = gv_map_get(&b->versions, id.id, GV_OID_RAW);
		if (version == NULL)
			continue;
		memcpy(out->id, version, GV_OID_RAW);
		*is_exact = line == lines->p;
		return 0;
	}
	return gv_err(GV_ENOTFOUND,
	    "neither commit %.12s nor an ancestor of it has a version of "
	    "%s/%s; 'git vault state log' tells which have",
	    lines->len ? lines->p : "", b->of->env, b->of->stack);
}

static int
finish(struct gv_proc *p, const char *what)
{
	int r = gv_proc_finish(p);

	if (r == 0 && p->status != 0)
		r = gv_err(GV_ENOTFOUND, "git cannot list %s: %s", what,
		    gv_proc_why(p));
	return r;
}

/* Both lists at once. */
static int
ask_git(struct gv_proc *versions, struct gv_proc *commits, const char *tip,
    const char *commit)
{
	const char *first[] = { "git", "rev-list", "--first-parent",
		"--parents", tip, "--", NULL };
	const char *second[] = { "git", "rev-list", commit, "--", NULL };
	int r = gv_proc_start(versions,
	    &(struct gv_proc_opts){ .argv = first, .env = gv_proc_listing });

	if (r < 0)
		return r;
	r = gv_proc_start(commits,
	    &(struct gv_proc_opts){ .argv = second, .env = gv_proc_listing });
	if (r < 0 || (r = finish(versions, "the versions")) < 0)
		return r;
	return finish(commits, "the ancestors of the commit");
}

static int
find(struct gv_oid *out, bool *is_exact, struct gv_odb *odb,
    const struct gv_track_of *of, const char *tip, const char *commit)
{
	struct by_code b = { .of = of,
		.odb = odb,
		.arena = GV_ARENA_INIT,
		.versions = GV_MAP_INIT };
	struct gv_proc versions = GV_PROC_INIT, commits = GV_PROC_INIT;
	int r = ask_git(&versions, &commits, tip, commit);

	if (r == 0 && (r = note_all(&b, &versions.out)) == 0)
		r = go_up(out, is_exact, &b, &commits.out);
	gv_proc_release(&versions);
	gv_proc_release(&commits);
	gv_map_release(&b.versions);
	gv_arena_release(&b.arena);
	return r;
}

int
gv_track_at(struct gv_track_version *out, bool *is_exact, struct gv_repo *repo,
    const struct gv_track_of *of, const struct gv_oid *commit)
{
	char tip[GV_OID_HEX + 1], hex[GV_OID_HEX + 1];
	struct gv_track_version newest;
	struct gv_oid id;
	struct gv_odb *odb;
	int r = gv_repo_odb(repo, &odb);

	memset(out, 0, sizeof(*out));
	if (r < 0 || (r = gv_track_need_tip(&id, repo, of)) < 0)
		return r;
	/* a ref may lead anywhere */
	if ((r = gv_track_load_of(&newest, odb, &id, of)) < 0)
		return r;
	gv_track_version_release(&newest);
	gv_oid_format(tip, &id);
	gv_oid_format(hex, commit);
	if ((r = find(&id, is_exact, odb, of, tip, hex)) < 0)
		return r;
	return gv_track_load_of(out, odb, &id, of);
}
