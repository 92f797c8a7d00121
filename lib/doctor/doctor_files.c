#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "base/err.h"
#include "base/map.h"
#include "base/shell.h"
#include "detect/scanned.h"
#include "doctor/doctor_internal.h"
#include "doctor/doctor_judge.h"
#include "object/graph.h"
#include "object/odb_health.h"
#include "object/pack.h"
#include "object/scratch.h"
#include "record/record_cache.h"
#include "repo/config.h"
#include "sys/dir.h"
#include "sys/file.h"
#include "verify/faulty.h"
#include "verify/verified.h"
#include "verify/verify_cursor.h"
#include "view/history_cache.h"
#include "worktree/cache.h"
#include "worktree/fact.h"
#include "worktree/statcache.h"

#define MANY_PACKS 100
#define A_DAY      86400
#define MAX_CACHE  ((size_t)1 << 30)

int
gv_doctor_list(struct gv_dir_names *out, const char *path)
{
	int fd = gv_dir_open_root(path), r = 0;

	out->n = 0;
	if (fd < 0)
		return 0;
	if (gv_dir_list(out, fd) < 0) {
		r = errno == ENOMEM ? gv_err_nomem() : 0;
		out->n = 0;
	}
	gv_file_close(fd);
	return r;
}

static bool
ends(const char *name, const char *with)
{
	size_t n = strlen(name), m = strlen(with);

	return n > m && strcmp(name + n - m, with) == 0;
}

int
gv_doctor_left(struct gv_doctor *d)
{
	struct gv_buf names = GV_BUF_INIT;
	const char *at;
	/* what takes no snapshots may still be folded */
	const char *cmd =
	    d->repo->worktree ? "git vault snapshot" : "git vault fold";
	int r = gv_pack_left(&names, d->repo->objects_dir);

	for (at = names.p; r == 0 && at < names.p + names.len;
	     at += strlen(at) + 1)
		r = gv_doctor_add(d, GV_DOCTOR_WARNING, "left_by_killed", cmd,
		    "%s/pack/%s was left by a git-vault that was killed; the "
		    "next snapshot or fold removes it",
		    d->repo->objects_dir, at);
	gv_buf_reset(&names);
	if (r == 0)
		r = gv_scratch_left(&names, d->repo);
	for (at = names.p; r == 0 && at < names.p + names.len;
	     at += strlen(at) + 1)
		r = gv_doctor_add_for(d, GV_DOCTOR_WARNING, "left_by_killed",
		    (struct gv_doctor_do){ "rm -rf", at },
		    "%s was left by a fold that was killed; the next one "
		    "removes it",
		    at);
	gv_buf_release(&names);
	return r;
}

/* --- packs --- */

static bool
has(const struct gv_map *all, const char *name, size_t stem, const char *ext)
{
	struct gv_buf other = GV_BUF_INIT;
	bool found;

	gv_buf_add(&other, name, stem);
	gv_buf_addstr(&other, ext);
	found = gv_buf_check(&other) == 0 &&
	    gv_map_get(all, other.p, other.len) != NULL;
	gv_buf_release(&other);
	return found;
}

/* A fold has its index: one that lives, or one that is reported as killed. */
static bool
is_hidden(const struct gv_dir_names *names, const char *pack)
{
	size_t i;

	for (i = 0; i < names->n; i++)
		if (gv_pack_hides(names->names[i].name, pack))
			return true;
	return false;
}

static bool
lacks_index(const struct gv_dir_names *names, const struct gv_map *all,
    const char *name)
{
	return ends(name, ".pack") &&
	    !has(all, name, strlen(name) - 5, ".idx") &&
	    !is_hidden(names, name + strlen("pack-"));
}

static bool
lacks_pack(const struct gv_map *all, const char *name)
{
	return ends(name, ".idx") && !has(all, name, strlen(name) - 4, ".pack");
}

/* A file among the packs that only has to go. */
static int
report_file(
    struct gv_doctor *d, const char *kind, const char *name, const char *why)
{
	struct gv_buf path = GV_BUF_INIT;
	int r;

	gv_buf_addf(&path, "%s/pack/%s", d->repo->objects_dir, name);
	if ((r = gv_buf_check(&path)) == 0)
		r = gv_doctor_add_for(d, GV_DOCTOR_WARNING, kind,
		    (struct gv_doctor_do){ "rm", path.p }, "%s %s", path.p,
		    why);
	gv_buf_release(&path);
	return r;
}

static int
report_pair(struct gv_doctor *d, const char *name)
{
	if (ends(name, ".pack"))
		return gv_doctor_add(d, GV_DOCTOR_ERROR, "pack_without_index",
		    "git vault repair",
		    "%s/pack/%s has no index, so nothing in it can be found",
		    d->repo->objects_dir, name);
	return report_file(
	    d, "index_without_pack", name, "is the index of a missing pack");
}

/* git writes to such a file all the time until it has its name. */
static int
check_begun(
    struct gv_doctor *d, const char *dir, const struct gv_dir_names *names)
{
	int fd = gv_dir_open_root(dir), r = 0;
	size_t i;

	for (i = 0; fd >= 0 && r == 0 && i < names->n; i++) {
		const char *name = names->names[i].name;

		if ((strncmp(name, "tmp_pack_", 9) == 0 ||
			strncmp(name, "tmp_idx_", 8) == 0) &&
		    gv_file_is_stale(fd, name, A_DAY))
			r = report_file(d, "left_by_git", name,
			    "was begun by a git that was killed, or had no "
			    "room for it");
	}
	gv_file_close(fd);
	return r;
}

/* The packs, and how many halves of them stand alone; those are reported if
 * `report`, and what was never finished at the other look. */
static int
look_at_packs(struct gv_doctor *d, size_t *n, size_t *odd, bool report)
{
	struct gv_dir_names names = { 0 };
	struct gv_buf dir = GV_BUF_INIT;
	struct gv_map all = GV_MAP_INIT;
	size_t i;
	int r;

	*n = *odd = 0;
	gv_buf_addf(&dir, "%s/pack", d->repo->objects_dir);
	if ((r = gv_buf_check(&dir)) == 0)
		r = gv_doctor_list(&names, dir.p);
	for (i = 0; r == 0 && i < names.n; i++)
		r = gv_map_put(
		    &all, names.names[i].name, names.names[i].len, &names);
	for (i = 0; r == 0 && i < names.n; i++) {
		const char *name = names.names[i].name;

		if (strncmp(name, "pack-", 5) != 0)
			continue;
		*n += ends(name, ".pack");
		if (!lacks_index(&names, &all, name) && !lacks_pack(&all, name))
			continue;
		++*odd;
		r = report ? report_pair(d, name) : 0;
	}
	if (r == 0 && !report)
		r = check_begun(d, dir.p, &names);
	gv_map_release(&all);
	gv_dir_names_release(&names);
	gv_buf_release(&dir);
	return r;
}

/* Who writes a pack or takes one away does it in two steps, so what stands
 * alone at the first look may not at the second. */
int
gv_doctor_packs(struct gv_doctor *d)
{
	size_t n, odd;
	int r = look_at_packs(d, &n, &odd, false);

	if (r == 0 && odd)
		r = look_at_packs(d, &n, &odd, true);
	if (r == 0 && n > MANY_PACKS)
		/* of a partial clone git keeps some apart, and ends there
		 * without all of them */
		r = gv_doctor_add(d, GV_DOCTOR_WARNING, "many_packs",
		    gv_doctor_is_partial(d) ? "git repack -a -d -k"
					    : "git repack --geometric=2 -d",
		    "%zu packs make every look for an object slow", n);
	return r;
}

int
gv_doctor_graph(struct gv_doctor *d)
{
	if (d->snapshots.n <= GV_DOCTOR_MANY || gv_graph_is_there(d->repo) ||
	    !gv_config_bool(&d->repo->config, "core.commitgraph", true))
		return 0;
	return gv_doctor_add(d, GV_DOCTOR_NOTE, "no_commit_graph",
	    "git commit-graph write --reachable",
	    "each fetch opens the commits of all %zu snapshots, which a "
	    "commit-graph would spare it",
	    d->snapshots.n);
}

/* --- our caches --- */

static int
add_cache(struct gv_doctor *d, const char *path)
{
	return gv_doctor_add_for(d, GV_DOCTOR_WARNING, "cache_damaged",
	    (struct gv_doctor_do){ "rm -rf", path },
	    "%s is damaged or has the form of another version; it is a cache "
	    "and is made again when it is missing",
	    path);
}

static bool
is_index(const char *path)
{
	struct gv_statcache *c = NULL;
	bool ok = gv_statcache_open(&c, path) == 0;

	gv_statcache_close(c);
	return ok;
}

static bool
is_verified(const struct gv_buf *data)
{
	struct gv_verified v;
	bool ok = gv_verified_parse(&v, data->p, data->len) == 0;

	gv_verified_release(&v);
	return ok;
}

static bool
is_faulty(const struct gv_buf *data)
{
	struct gv_faulty f;
	bool is = gv_faulty_parse(&f, data->p, data->len) == 0;

	if (is)
		gv_faulty_release(&f);
	return is;
}

static bool
is_cursor(const struct gv_buf *data)
{
	struct gv_verify_cursor c;
	bool ok = gv_verify_cursor_parse(&c, data->p, data->len) == 0;

	gv_verify_cursor_release(&c);
	return ok;
}

static bool
is_records(const struct gv_buf *data)
{
	struct gv_record_cache c = GV_RECORD_CACHE_INIT;
	bool ok = gv_table_parse(&c.table, data->p, data->len) == 0;

	gv_record_cache_release(&c);
	return ok;
}

static bool
is_clear(const struct gv_buf *data)
{
	struct gv_table t = GV_DOCTOR_CLEAR_INIT;
	bool ok = gv_table_parse(&t, data->p, data->len) == 0;

	gv_table_release(&t);
	return ok;
}

/* Of whichever rules. */
static bool
is_facts(const struct gv_buf *data)
{
	struct gv_table facts = GV_FACT_TABLE;

	return gv_cache_is_sealed(data->p, data->len, facts.magic);
}

static bool
is_graph(const struct gv_buf *data)
{
	return gv_cache_is_sealed(data->p, data->len, GV_FACT_GRAPH_MAGIC);
}

static bool
is_check(const struct gv_buf *data)
{
	return gv_cache_is_sealed(data->p, data->len, GV_FACT_CHECK_MAGIC);
}

static bool
is_scanned(const struct gv_buf *data)
{
	struct gv_scanned s = { 0 };
	bool ok = gv_scanned_parse(&s, data->p, data->len) == 0;

	gv_scanned_release(&s);
	return ok;
}

static bool
is_paths(const struct gv_buf *data)
{
	struct gv_history_cache c = GV_HISTORY_CACHE_INIT;

	return gv_history_cache_parse(&c, data->p, data->len, "") == 0;
}

static int
check_cache(struct gv_doctor *d, const char *dir, const char *name,
    bool (*is_whole)(const struct gv_buf *data))
{
	struct gv_buf path = GV_BUF_INIT, data = GV_BUF_INIT;
	bool ok = true;
	int r;

	gv_buf_addf(&path, "%s/%s", dir, name);
	if ((r = gv_buf_check(&path)) < 0)
		goto out;
	if (gv_file_exists(AT_FDCWD, path.p))
		ok = is_whole
		    ? gv_file_read(&data, AT_FDCWD, path.p, MAX_CACHE) == 0 &&
			is_whole(&data)
		    : is_index(path.p);
	if (!ok)
		r = add_cache(d, path.p);
out:
	gv_buf_release(&path);
	gv_buf_release(&data);
	return r;
}

static int
add_git_cache(struct gv_doctor *d, const char *path)
{
	struct gv_buf cmd = GV_BUF_INIT, chain = GV_BUF_INIT;
	int r = gv_odb_health_chain(&chain, path);

	/* of several such files the chain has gone with the first */
	gv_buf_addstr(&cmd, chain.len ? "rm -f " : "rm ");
	if (r == 0 && chain.len) {
		gv_shell_quote(&cmd, chain.p);
		gv_buf_addch(&cmd, ' ');
	}
	gv_shell_quote(&cmd, path);
	if (r == 0 && (r = gv_buf_check(&cmd)) == 0)
		r = gv_doctor_add(d, GV_DOCTOR_ERROR, "git_cache_damaged",
		    cmd.p,
		    "%s is damaged, so git fails or gives wrong results; git "
		    "works without it and recreates it when needed",
		    path);
	gv_buf_release(&cmd);
	gv_buf_release(&chain);
	return r;
}

/* What git has made of the objects. */
static int
check_git_caches(struct gv_doctor *d)
{
	struct gv_buf paths = GV_BUF_INIT;
	const char *at;
	int r = gv_odb_health_caches(&paths, d->repo->objects_dir);

	for (at = paths.p; r == 0 && at < paths.p + paths.len;
	     at += strlen(at) + 1)
		r = add_git_cache(d, at);
	gv_buf_release(&paths);
	return r;
}

int
gv_doctor_caches(struct gv_doctor *d)
{
	static const struct {
		const char *name;
		bool (*is_whole)(const struct gv_buf *data);
	} caches[] = { { "verified", is_verified }, { "faulty", is_faulty },
		{ "verifying", is_cursor }, { "records", is_records },
		{ "paths", is_paths }, { "clear", is_clear },
		{ GV_FACT_SCAN, is_facts },
		{ GV_FACT_SCAN GV_FACT_RECENT, is_facts },
		{ GV_FACT_SYMBOLS, is_facts },
		{ GV_FACT_SYMBOLS GV_FACT_RECENT, is_facts },
		{ GV_FACT_GRAPH, is_graph }, { GV_FACT_CHECK, is_check },
		{ "scanned", is_scanned } };
	struct gv_buf shared = GV_BUF_INIT;
	size_t i;
	int r = check_cache(d, d->repo->vault_dir, "index", NULL);

	gv_buf_addf(&shared, "%s/vault", d->repo->common_dir);
	if (r < 0 || (r = gv_buf_check(&shared)) < 0)
		goto out;
	for (i = 0; r == 0 && i < sizeof(caches) / sizeof(caches[0]); i++)
		r = check_cache(
		    d, shared.p, caches[i].name, caches[i].is_whole);
	if (r < 0)
		goto out;
	r = check_git_caches(d);
out:
	gv_buf_release(&shared);
	return r;
}

int
gv_doctor_aside(struct gv_doctor *d)
{
	struct gv_dir_names names = { 0 };
	struct gv_buf dir = GV_BUF_INIT;
	int r;

	gv_buf_addf(&dir, "%s/vault/damaged", d->repo->common_dir);
	if ((r = gv_buf_check(&dir)) == 0 &&
	    (r = gv_doctor_list(&names, dir.p)) == 0 && names.n)
		r = gv_doctor_add(d, GV_DOCTOR_NOTE, "damaged_aside", NULL,
		    "%s has files that a repair moved aside (%zu file%s); "
		    "delete it once everything is in order",
		    dir.p, names.n, names.n == 1 ? "" : "s");
	gv_dir_names_release(&names);
	gv_buf_release(&dir);
	return r;
}

/* --- the disk --- */

int
gv_doctor_disk(struct gv_doctor *d)
{
	struct gv_doctor_verdict v;
	uint64_t left, total;

	if (gv_file_free_space(d->repo->objects_dir, &left, &total) < 0)
		return 0;
	v = gv_doctor_judge_disk(left, total);
	if (v.kind == NULL)
		return 0;
	return gv_doctor_add(d, v.grade, v.kind, "git gc",
	    "the disk of %s has only %" PRIu64 " MiB left",
	    d->repo->objects_dir, left >> 20);
}
