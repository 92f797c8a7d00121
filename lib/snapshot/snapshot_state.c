#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "base/arena.h"
#include "base/err.h"
#include "base/map.h"
#include "base/path.h"
#include "base/vec.h"
#include "code/stack_choice.h"
#include "infra/statefile.h"
#include "object/repo_odb.h"
#include "repo/refs.h"
#include "snapshot/snapshot_internal.h"
#include "state/track.h"
#include "state/track_binding.h"
#include "state/track_internal.h"
#include "sys/cancel.h"
#include "sys/clock.h"
#include "sys/dir.h"
#include "sys/file.h"
#include "toolstate/state.h"
#include "vault/label.h"
#include "worktree/cache.h"

/*
 * After a snapshot, the tools' states among its files are saved as versions. A
 * file beside the stat cache notes which were saved, so that no state is read
 * again before it changes. A line has the id of the object that stands for the
 * file in the snapshot, and the newest version at that time. The version is
 * noted because a host without the vault's id key may add one later that nobody
 * uses:
 *
 *	git-vault states 2
 *	<40 digits> <40 digits> <environment>/<stack> <path>
 *	…
 *	= 01234567
 *
 * Without this file states are read once more, and found to be saved.
 */

#define HEAD "git-vault states 2\n"
#define MAX  ((size_t)16 << 20)

/* A line of that file. */
struct noted {
	const char *path, *name;
	struct gv_oid oid, tip;
};

struct candidate {
	const char *path;
	const struct gv_row *row;
};

struct keeping {
	struct gv_snapshot_run *run;
	struct gv_arena arena;
	struct noted *noted;
	size_t n_noted, cap_noted;
	struct gv_map seen;  /* paths of candidates */
	struct gv_map known; /* lines by their paths */
	struct candidate *list;
	size_t n, cap;
	const struct gv_refs *refs; /* of states */
	struct gv_buf was, is;
};

/* ---- the notes ---------------------------------------------------------- */

static int
parse_line(struct keeping *k, const char *line, size_t len)
{
	const char *name = line + (size_t)2 * (GV_OID_HEX + 1);
	const char *end = line + len, *space;
	struct gv_buf path = GV_BUF_INIT;
	struct noted n = { 0 };
	size_t used;
	int r = 0;

	space = name < end ? memchr(name, ' ', (size_t)(end - name)) : NULL;
	if (space == NULL || gv_oid_parse(&n.oid, line) < 0 ||
	    gv_oid_parse(&n.tip, line + GV_OID_HEX + 1) < 0)
		return GV_ECORRUPT;
	if (space[1] == '"')
		r = gv_path_unquote(
		    &path, space + 1, (size_t)(end - space) - 1, &used);
	else
		gv_buf_add(&path, space + 1, (size_t)(end - space) - 1);
	if (r == 0)
		r = gv_buf_check(&path);
	n.path = r == 0 ? gv_arena_copy(&k->arena, path.p, path.len) : NULL;
	n.name = gv_arena_copy(&k->arena, name, (size_t)(space - name));
	gv_buf_release(&path);
	if (r < 0)
		return r;
	if (n.path == NULL || n.name == NULL)
		return GV_ENOMEM;
	if ((r = GV_GROW(k->noted, k->n_noted, k->cap_noted)) < 0)
		return r;
	k->noted[k->n_noted++] = n;
	return 0;
}

static void
states_path(struct gv_buf *out, const struct keeping *k)
{
	gv_buf_addf(out, "%s/states", k->run->repo->vault_dir);
}

/* What is damaged is as good as none. */
static int
load(struct keeping *k)
{
	struct gv_buf path = GV_BUF_INIT;
	const char *p, *end, *nl;
	int r;
	size_t i;

	states_path(&path, k);
	if ((r = gv_buf_check(&path)) == 0 &&
	    gv_file_read(&k->was, AT_FDCWD, path.p, MAX) < 0)
		gv_buf_reset(&k->was);
	gv_buf_release(&path);
	i = r == 0 ? gv_cache_text_end(k->was.p, k->was.len, HEAD) : 0;
	end = k->was.p + i;
	for (p = k->was.p + strlen(HEAD); r == 0 && i && p < end; p = nl + 1) {
		nl = memchr(p, '\n', (size_t)(end - p));
		r = nl ? parse_line(k, p, (size_t)(nl - p)) : GV_ECORRUPT;
	}
	for (i = 0; r == 0 && i < k->n_noted; i++)
		r = gv_map_put(&k->known, k->noted[i].path,
		    strlen(k->noted[i].path), &k->noted[i]);
	return r == GV_ENOMEM ? r : 0;
}

static void
note(struct keeping *k, const struct noted *n)
{
	char oid[GV_OID_HEX + 1], tip[GV_OID_HEX + 1];

	gv_oid_format(oid, &n->oid);
	gv_oid_format(tip, &n->tip);
	gv_buf_addf(&k->is, "%s %s %s ", oid, tip, n->name);
	gv_path_quote(&k->is, n->path, strlen(n->path));
	gv_buf_addch(&k->is, '\n');
}

static void
save(struct keeping *k)
{
	struct gv_buf path = GV_BUF_INIT;
	struct gv_cache_part part;

	gv_cache_seal_text(&k->is, 0);
	states_path(&path, k);
	if (gv_buf_check(&path) == 0 && gv_buf_check(&k->is) == 0 &&
	    (k->is.len != k->was.len ||
		memcmp(k->is.p, k->was.p, k->is.len) != 0)) {
		part = (struct gv_cache_part){ k->is.p, k->is.len };
		(void)gv_cache_replace(path.p, &part, 1, k->run->repo, true);
	}
	gv_buf_release(&path);
}

/* ---- found -------------------------------------------------------------- */

/* Of a file, and of what is in the snapshot of it. */
static bool
is_captured(const struct gv_row *row)
{
	return S_ISREG(row->mode) && !gv_oid_is_zero(&row->oid) &&
	    !(row->flags &
		(GV_ROW_ABSENT | GV_ROW_DIR | GV_ROW_SPARSE | GV_ROW_POINTER));
}

static int
consider(
    struct keeping *k, const char *path, size_t len, const struct gv_row *row)
{
	struct gv_statefile file;
	const char *copy;
	int r;

	if (row == NULL || !is_captured(row) || gv_map_get(&k->seen, path, len))
		return 0;
	copy = gv_arena_copy(&k->arena, path, len);
	if (copy == NULL)
		return GV_ENOMEM;
	if (!gv_statefile_parse(&file, copy))
		return 0;
	if ((r = gv_map_put(&k->seen, copy, len, (void *)copy)) < 0 ||
	    (r = GV_GROW(k->list, k->n, k->cap)) < 0)
		return r;
	k->list[k->n++] = (struct candidate){ copy, row };
	return 0;
}

/* What was read for this snapshot. */
static int
consider_read(struct keeping *k)
{
	const struct gv_snapshot_run *run = k->run;
	struct gv_buf path = GV_BUF_INIT;
	size_t i;
	int r = 0;

	for (i = 0; r == 0 && i < run->survey.n_jobs; i++) {
		const struct gv_survey_job *job = &run->survey.jobs[i];
		const struct gv_census_dir *d =
		    gv_census_dir(run->survey.census, job->dir);
		const struct gv_row *row = &d->rows[job->row];

		if (!gv_statefile_may_be(gv_census_name(d, row), row->name_len))
			continue;
		gv_buf_reset(&path);
		gv_census_path(run->survey.census, job->dir, row, &path);
		if ((r = gv_buf_check(&path)) == 0)
			r = consider(k, path.p, path.len, row);
	}
	gv_buf_release(&path);
	return r;
}

/* What is sealed, read now or before: one that was killed may have left it
 * without a version. */
static int
consider_sealed(struct keeping *k)
{
	const struct gv_withheld *list = &k->run->withheld;
	size_t i;
	int r = 0;

	for (i = 0; r == 0 && i < list->n; i++) {
		const struct gv_withheld_entry *e = &list->entries[i];

		if (gv_statefile_may_be(e->path, e->path_len))
			r = consider(k, e->path, e->path_len,
			    gv_survey_find_row(
				&k->run->survey, e->path, e->path_len, NULL));
	}
	return r;
}

static int
consider_noted(struct keeping *k)
{
	size_t i;
	int r = 0;

	for (i = 0; r == 0 && i < k->n_noted; i++) {
		const struct noted *n = &k->noted[i];
		const struct gv_row *row = gv_survey_find_row(
		    &k->run->survey, n->path, strlen(n->path), NULL);

		/* of what --only leaves out nothing is known */
		if (k->run->partial && (row == NULL || !is_captured(row)))
			note(k, n);
		else
			r = consider(k, n->path, strlen(n->path), row);
	}
	return r;
}

static int
compare(const void *a, const void *b)
{
	return strcmp(((const struct candidate *)a)->path,
	    ((const struct candidate *)b)->path);
}

/* ---- kept --------------------------------------------------------------- */

struct reading {
	const struct candidate *of;
	int fd;
};

/* Whether it is still what the snapshot has. */
static int
check_same(const struct reading *in)
{
	const struct gv_row *row = in->of->row;
	struct stat st;

	if (gv_dir_stat_fd(in->fd, &st) < 0)
		return gv_err_sys("cannot look at it");
	if (gv_census_ns(&st.st_mtim) == row->mtime &&
	    gv_census_ns(&st.st_ctim) == row->ctime &&
	    (uint64_t)st.st_size == row->size && st.st_ino == row->ino)
		return 0;
	return gv_err(GV_EREFUSED,
	    "it has changed since the snapshot was taken; the next one sees "
	    "to it");
}

static int64_t
read_some(void *ctx, void *data, size_t len)
{
	struct reading *in = ctx;
	ssize_t n;

	if (gv_cancel_requested())
		return gv_cancel_error();
	n = gv_file_read_some(in->fd, data, len);
	if (n < 0)
		return gv_err_sys("cannot read it");
	return n ? n : check_same(in);
}

static int
rewind_file(void *ctx)
{
	struct reading *in = ctx;

	return gv_file_rewind(in->fd) < 0 ? gv_err_sys("cannot read it again")
					  : 0;
}

static int
track(struct gv_track_saved *saved, struct keeping *k,
    const struct candidate *c, const struct gv_track_of *of)
{
	struct gv_snapshot_run *run = k->run;
	struct reading in = { .of = c };
	const struct gv_state_source source = {
		.read = read_some, .rewind = rewind_file, .ctx = &in
	};
	const struct gv_track_what what = { .of = *of,
		.code = run->repo->head,
		.is_judged = true,
		.is_apart = run->held.has_head,
		.snapshot = run->out->id,
		.now = gv_clock_now().tv_sec };
	int r = gv_withhold_need_safe(&run->withhold);

	if (r < 0)
		return r;
	in.fd = gv_dir_open_file(
	    gv_census_root(run->survey.census), c->path, strlen(c->path));
	if (in.fd < 0)
		return gv_err_sys("cannot open it");
	if ((r = check_same(&in)) == 0)
		r = gv_track_save(
		    saved, run->repo, run->withhold.safe, &what, &source);
	gv_file_close(in.fd);
	return r;
}

static int
copy_text(char **out, const char *text)
{
	*out = text ? strdup(text) : NULL;
	return text && *out == NULL ? gv_err_nomem() : 0;
}

/* What came of it, for who took the snapshot; `saved` is empty where r tells a
 * failure. */
static int
report(struct keeping *k, const struct candidate *c,
    const struct gv_track_of *of, const struct gv_track_saved *saved, int r)
{
	struct gv_snapshot *out = k->run->out;
	struct gv_snapshot_state *s;
	const char *why = r < 0 ? gv_err_message() : saved->unnoted;
	const bool created = r == 0 && saved->is_new;

	r = GV_GROW(out->states, out->n_states, out->cap_states);
	if (r < 0)
		return r;
	s = &out->states[out->n_states++];
	*s = (struct gv_snapshot_state){ .version = saved->version.commit,
		.has_serial = saved->version.has_serial,
		.serial = saved->version.serial,
		.created = created };
	if ((r = copy_text(&s->why, why)) == 0 &&
	    (r = copy_text(
		 &s->damage, created ? saved->version.damage : NULL)) == 0 &&
	    (r = copy_text(&s->path, c->path)) == 0)
		r = copy_text(&s->env, of->env);
	return r < 0 ? r : copy_text(&s->stack, of->stack);
}

/* Whether readers accept the newest version: 1, 0, or a failure. */
static int
is_used(struct keeping *k, const struct gv_oid *tip)
{
	struct gv_track_version v = { 0 };
	struct gv_odb *odb;
	int r = gv_withhold_need_safe(&k->run->withhold);

	if (r == 0 && (r = gv_repo_odb(k->run->repo, &odb)) == 0)
		r = gv_track_load(&v, odb, tip);
	if (r == GV_ECORRUPT || r == GV_ENOTFOUND)
		return 0;
	if (r == 0)
		r = gv_track_binding_refuses(
		    k->run->repo, k->run->withhold.safe, &v);
	gv_track_version_release(&v);
	return r < 0 ? r : r == 0;
}

/* Whether the state `now` is saved: 1, 0, or a failure. Sets its tip to what
 * the ref names. */
static int
is_kept(struct keeping *k, struct noted *now)
{
	const struct noted *n =
	    gv_map_get(&k->known, now->path, strlen(now->path));
	char ref[sizeof(GV_REFS_STATES) + (size_t)2 * GV_STACK_NAME];
	const struct gv_ref *is;

	snprintf(ref, sizeof(ref), GV_REFS_STATES "%s", now->name);
	if (n == NULL || !gv_oid_equal(&n->oid, &now->oid) ||
	    strcmp(n->name, now->name) != 0 ||
	    (is = gv_refs_find(k->refs, ref)) == NULL)
		return 0;
	now->tip = is->oid;
	return gv_oid_equal(&n->tip, &now->tip) ? 1 : is_used(k, &now->tip);
}

static int
keep(struct keeping *k, const struct candidate *c)
{
	struct gv_stack_name own;
	char name[2 * GV_STACK_NAME];
	const struct gv_track_of of = { own.env, own.stack };
	struct gv_track_saved saved = { .is_new = false };
	struct noted now = {
		.path = c->path, .name = name, .oid = c->row->oid
	};
	int r, told;

	r = gv_stack_name_of_file(
	    &own, gv_screen_scope(k->run->withhold.screen, c->path), c->path);
	if (r < 0)
		return r;
	snprintf(name, sizeof(name), "%s/%s", own.env, own.stack);
	if ((r = is_kept(k, &now)) > 0) {
		note(k, &now);
		return 0;
	}
	if (r == 0)
		r = track(&saved, k, c, &of);
	told = report(k, c, &of, &saved, r);
	/* it is only done with its note */
	now.tip = saved.version.commit;
	if (r == 0 && saved.unnoted == NULL)
		note(k, &now);
	gv_track_saved_release(&saved);
	return told < 0 ? told : r == GV_ECANCELED || r == GV_ENOMEM ? r : 0;
}

/* As they were when the commit was written: what another process saved since is
 * looked at by the next snapshot, as what it saves later is. */
static int
find_refs(struct keeping *k)
{
	struct gv_snapshot_run *run = k->run;

	k->refs = &run->states;
	if (k->n == 0 || run->states.n)
		return 0;
	gv_refs_release(&run->states);
	return gv_ref_list(&run->states, run->repo, GV_REFS_STATES);
}

static int
keep_all(struct keeping *k)
{
	size_t i;
	int r = load(k);

	gv_buf_addstr(&k->is, HEAD);
	if (r == 0 && (r = consider_read(k)) == 0 &&
	    (r = consider_sealed(k)) == 0)
		r = consider_noted(k);
	if (r < 0 || k->n + k->n_noted == 0)
		return r;
	if ((r = find_refs(k)) == 0 && k->n)
		qsort(k->list, k->n, sizeof(*k->list), compare);
	for (i = 0; r == 0 && i < k->n; i++)
		r = keep(k, &k->list[i]);
	if (r == 0)
		save(k);
	return r;
}

void
gv_snapshot_keep_states(struct gv_snapshot_run *run)
{
	struct keeping k = { .run = run,
		.arena = GV_ARENA_INIT,
		.seen = GV_MAP_INIT,
		.known = GV_MAP_INIT,
		.was = GV_BUF_INIT,
		.is = GV_BUF_INIT };
	char *before = gv_err_save();

	if (gv_screen_saves_states(run->withhold.screen) && keep_all(&k) < 0 &&
	    run->out->states_why == NULL)
		run->out->states_why = strdup(gv_err_message());
	gv_err_restore(before);
	free(k.noted);
	free(k.list);
	gv_map_release(&k.seen);
	gv_map_release(&k.known);
	gv_buf_release(&k.was);
	gv_buf_release(&k.is);
	gv_arena_release(&k.arena);
}
