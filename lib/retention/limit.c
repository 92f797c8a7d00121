#include "retention/limit.h"

#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "audit/audit.h"
#include "autosave/autosave.h"
#include "base/buf.h"
#include "base/err.h"
#include "config/policy.h"
#include "policy/team.h"
#include "record/own.h"
#include "record/record.h"
#include "record/record_refs.h"
#include "repo/refs.h"
#include "repo/repo.h"
#include "retention/removal.h"
#include "sys/file.h"
#include "sys/lock.h"
#include "sys/proc.h"

/* What may go, in the order in which it goes. */
struct going {
	struct gv_oid commit;
	size_t snapshot; /* of the records; SIZE_MAX: an automatic save */
};

struct thinning {
	struct gv_repo *repo;
	struct gv_record_refs refs;
	struct gv_records records;
	struct gv_autosaves chain;
	struct gv_buf chain_ref;
	struct going *items;
	size_t n;
	bool is_dry;
};

/* ---- the limit ----------------------------------------------------------- */

static int
read_setting(struct gv_policy_room *out, const char *text)
{
	return gv_policy_room_parse(out, text) == 0
	    ? 0
	    : gv_err(GV_EREFUSED,
		  "vault.limit is '%.64s'; it should be a size such as 20GiB, "
		  "at least 1MiB, or a part of the disk such as 10%%",
		  text);
}

int
gv_limit_get(uint64_t *out, struct gv_repo *repo)
{
	const char *own = gv_config_get(&repo->config, "vault.limit");
	struct gv_policy policy = GV_POLICY_INIT;
	struct gv_policy_room room = { 0, 0 };
	uint64_t left, disk = 0;
	int r = own ? read_setting(&room, own) : gv_team_load(&policy, repo);

	*out = 0;
	if (r == 0 && own == NULL)
		room = policy.snapshots.limit;
	gv_policy_release(&policy);
	if (r == 0 && room.percent)
		r = gv_file_free_space(repo->objects_dir, &left, &disk);
	if (r == 0)
		*out = gv_policy_room_bytes(&room, disk);
	return r;
}

/* ---- what may go --------------------------------------------------------- */

static bool
is_automatic(const struct gv_record *rec)
{
	static const char *const triggers[] = { "hook", "ci", "schedule",
		"watch", NULL };
	size_t i;

	for (i = 0; rec->trigger && triggers[i]; i++)
		if (strcmp(rec->trigger, triggers[i]) == 0)
			return true;
	return false;
}

static bool
is_same(const char *a, const char *b)
{
	return a && b ? strcmp(a, b) == 0 : a == b;
}

static bool
is_of_all(const struct gv_record *rec, const struct gv_record *of)
{
	size_t i;

	for (i = 0; i < of->n_environments; i++)
		if (!gv_record_is_of(rec, of->environments[i]))
			return false;
	return true;
}

bool
gv_limit_replaces(const struct gv_record *newer, const struct gv_record *rec)
{
	return is_same(newer->branch, rec->branch) &&
	    is_same(newer->trigger, rec->trigger) &&
	    is_same(newer->only, rec->only) &&
	    (newer->unread == 0 || rec->unread > 0) && is_of_all(newer, rec);
}

/* Of what this clone took: anybody who can push can make newer ones. */
static bool
has_newer(const struct thinning *t, const struct gv_own *own, size_t i)
{
	const struct gv_record *recs = t->records.records;
	size_t k;

	for (k = 0; k < i; k++)
		if (gv_limit_replaces(&recs[k], &recs[i]) &&
		    gv_own_has(own, &recs[k].commit))
			return true;
	return false;
}

/* The oldest first: saves, then snapshots. */
static int
collect(struct thinning *t)
{
	struct gv_own own = { .entries = NULL };
	size_t i;
	int r = gv_own_load(&own, t->repo);

	t->items = calloc(t->chain.n + t->records.n + 1, sizeof(*t->items));
	if (r == 0 && t->items == NULL)
		r = gv_err_nomem();
	for (i = t->chain.n; r == 0 && i-- > 1;)
		t->items[t->n++] =
		    (struct going){ t->chain.saves[i].commit, SIZE_MAX };
	for (i = t->records.n; r == 0 && i-- > 0;) {
		const struct gv_record *rec = &t->records.records[i];

		if (is_automatic(rec) && !rec->pinned && rec->n_tags == 0 &&
		    !rec->unmarked && gv_own_has(&own, &rec->commit) &&
		    has_newer(t, &own, i))
			t->items[t->n++] = (struct going){ rec->commit, i };
	}
	gv_own_release(&own);
	return r;
}

/* Marks that cannot be read might name any of them. */
static int
load(struct thinning *t)
{
	struct gv_buf damaged = GV_BUF_INIT;
	int r;

	if ((r = gv_autosave_ref(&t->chain_ref, t->repo)) < 0 ||
	    (r = gv_autosave_load(&t->chain, t->repo, NULL)) < 0 ||
	    (r = gv_record_refs_load(&t->refs, t->repo)) < 0 ||
	    (r = gv_removal_check(&t->refs)) < 0 ||
	    (r = gv_records_load_refs(
		 &t->records, t->repo, &t->refs, 0, &damaged)) < 0)
		goto out;
	r = collect(t);
out:
	gv_buf_release(&damaged);
	return r;
}

static void
release(struct thinning *t)
{
	free(t->items);
	gv_buf_release(&t->chain_ref);
	gv_autosave_release(&t->chain);
	gv_records_release(&t->records);
	gv_record_refs_release(&t->refs);
}

/* ---- measuring ----------------------------------------------------------- */

static void
add_oid(struct gv_buf *out, const struct gv_oid *oid)
{
	char hex[GV_OID_HEX + 1];

	gv_oid_format(hex, oid);
	gv_buf_addf(out, "%s\n", hex);
}

static bool
is_among(const struct going *items, size_t n, const struct gv_oid *commit)
{
	size_t i;

	for (i = 0; i < n; i++)
		if (gv_oid_equal(&items[i].commit, commit))
			return true;
	return false;
}

/* All that the vault's refs name without the first k. */
static int
list_tips(struct gv_buf *out, const struct thinning *t, size_t k)
{
	static const char *const wanted[] = { "refs/vault/", NULL };
	struct gv_proc p = GV_PROC_INIT;
	struct gv_refs refs = { 0 };
	size_t i;
	int r = gv_ref_list_start(&p, wanted);

	if (r == 0)
		r = gv_ref_list_finish(&refs, &p);
	for (i = 0; r == 0 && i < refs.n; i++)
		if (strcmp(refs.refs[i].name, t->chain_ref.p) != 0 &&
		    !is_among(t->items, k, &refs.refs[i].oid))
			add_oid(out, &refs.refs[i].oid);
	for (i = 0; r == 0 && i < t->chain.n; i++)
		if (!is_among(t->items, k, &t->chain.saves[i].commit))
			add_oid(out, &t->chain.saves[i].commit);
	gv_proc_release(&p);
	gv_refs_release(&refs);
	return r < 0 ? r : gv_buf_check(out);
}

static int
measure(void *ctx, size_t k, uint64_t *bytes)
{
	static const char *const argv[] = { "git", "rev-list", "--disk-usage",
		"--objects", "--stdin", "--not", "--branches", "--tags",
		"--remotes", NULL };
	struct gv_proc p = GV_PROC_INIT;
	struct gv_buf tips = GV_BUF_INIT;
	int r = list_tips(&tips, ctx, k);

	*bytes = 0;
	if (r < 0 || tips.len == 0)
		goto out;
	r = gv_proc_run(&p,
	    &(struct gv_proc_opts){
		.argv = argv, .in = tips.p, .in_len = tips.len });
	if (r == 0 && p.status)
		r = gv_err(GV_ERROR, "git cannot measure the vault: %s",
		    gv_proc_why(&p));
	if (r == 0)
		*bytes = strtoull(p.out.p, NULL, 10);
out:
	gv_proc_release(&p);
	gv_buf_release(&tips);
	return r;
}

/* ---- letting go ---------------------------------------------------------- */

static int
remove_snapshots(struct gv_limit *out, struct thinning *t, size_t from,
    size_t k, int64_t now)
{
	struct gv_removal removal = { .event = GV_AUDIT_PRUNE,
		.reason = "the vault takes more space than snapshots.limit" };
	int lock = -1, r = gv_repo_lock(&lock, t->repo, 0);
	size_t i;

	for (i = from; r == 0 && i < k; i++)
		r = gv_removal_add(&removal,
		    t->records.records[t->items[i].snapshot].id,
		    &t->items[i].commit);
	if (r == 0)
		r = gv_removal_apply(&removal, t->repo, &t->refs, now);
	if (r == 0)
		out->n_snapshots = removal.n;
	gv_removal_release(&removal);
	gv_lock_close(lock);
	return r;
}

static int
let_go(struct gv_limit *out, struct thinning *t, size_t k, int64_t now)
{
	size_t saves = 0;
	int r = 0;

	while (saves < k && t->items[saves].snapshot == SIZE_MAX)
		saves++;
	if (t->is_dry) {
		out->n_saves = saves;
		out->n_snapshots = k - saves;
		return 0;
	}
	if (saves)
		r = gv_autosave_shorten(
		    &out->n_saves, t->repo, &t->items[saves - 1].commit, now);
	if (r == 0 && k > saves)
		r = remove_snapshots(out, t, saves, k, now);
	return r;
}

/* ---- telling it once ----------------------------------------------------- */

/* The file limit-told has the limit that could not be met. */
static int
look_told(struct gv_limit *out, const struct gv_repo *repo)
{
	struct gv_buf path = GV_BUF_INIT, was = GV_BUF_INIT;
	char text[32];
	int r;

	gv_buf_addf(&path, "%s/limit-told", repo->vault_dir);
	snprintf(
	    text, sizeof(text), "%" PRIu64 "\n", out->is_over ? out->limit : 0);
	if ((r = gv_buf_check(&path)) < 0)
		goto out;
	if (gv_file_exists(AT_FDCWD, path.p) &&
	    gv_file_read(&was, AT_FDCWD, path.p, sizeof(text)) < 0)
		gv_buf_reset(&was);
	out->is_told = out->is_over && was.len && strcmp(was.p, text) == 0;
	if (out->is_told || (!out->is_over && was.len == 0))
		goto out;
	r = gv_file_replace(AT_FDCWD, path.p, text, strlen(text), 0600, false);
out:
	gv_buf_release(&path);
	gv_buf_release(&was);
	return r;
}

/* ---- all of it ----------------------------------------------------------- */

/* The first k go, so that the rest meets the goal. */
static int
thin(struct gv_limit *out, struct thinning *t, int64_t now)
{
	uint64_t least, goal;
	size_t k;
	int r = measure(t, t->n, &least);

	goal = gv_limit_goal(out->limit, least);
	if (r < 0 || out->used <= goal)
		return r;
	if ((r = gv_limit_least(&k, t->n, goal, measure, t)) == 0 &&
	    (r = measure(t, k, &out->left)) == 0)
		r = let_go(out, t, k, now);
	return r;
}

static int
apply(struct gv_limit *out, struct thinning *t, int64_t now)
{
	int r;

	if ((r = load(t)) < 0 || (r = measure(t, 0, &out->used)) < 0)
		return r;
	out->left = out->used;
	if (out->used > out->limit && (r = thin(out, t, now)) < 0)
		return r;
	out->is_over = out->left > out->limit;
	if (!t->is_dry && (r = look_told(out, t->repo)) < 0)
		return r;
	return out->used > out->limit;
}

int
gv_limit_apply(
    struct gv_limit *out, struct gv_repo *repo, int64_t now, bool is_dry)
{
	struct thinning t = {
		.repo = repo, .chain_ref = GV_BUF_INIT, .is_dry = is_dry
	};
	int r;

	memset(out, 0, sizeof(*out));
	if ((r = gv_limit_get(&out->limit, repo)) < 0 || out->limit == 0 ||
	    gv_repo_size(repo) <= out->limit)
		return r;
	r = apply(out, &t, now);
	release(&t);
	return r;
}
