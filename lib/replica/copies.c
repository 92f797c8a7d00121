#include "replica/copies.h"

#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/err.h"
#include "record/record_walk.h"
#include "replica/replica_failing.h"
#include "replica/replica_lag.h"
#include "repo/repo.h"

/* ---- targets ------------------------------------------------------------- */

/* A verification of a level is one of those below, too: of one time the highest
 * counts. */
static void
take_verified(
    struct gv_copies_target *out, const struct gv_replica_memory *memory)
{
	size_t i;

	for (i = 0; i < GV_REPLICA_LEVELS; i++) {
		out->levels[i] = memory->verified[i].time;
		if (out->levels[i] == 0 || out->levels[i] < out->verified)
			continue;
		out->verified = out->levels[i];
		out->level = (enum gv_replica_level)i;
	}
}

static int
take_memory(struct gv_copies_target *out, const char *dir)
{
	struct gv_replica_memory memory;
	struct gv_replica_failing failing;
	int r = gv_replica_memory_load(&memory, dir);

	out->pushed = memory.pushed;
	out->succeeded = memory.succeeded;
	take_verified(out, &memory);
	out->damage = memory.damage;
	memory.damage.text = NULL;
	gv_replica_memory_release(&memory);
	if (r < 0)
		return r;
	r = gv_replica_failing_load(&failing, dir);
	out->failing = failing.since;
	out->is_partial = failing.is_partial;
	out->why = failing.why;
	return r < 0 ? r : gv_copies_held_load(&out->held, dir);
}

static int
take_lag(struct gv_copies_target *out, struct gv_repo *repo, const char *dir,
    const struct gv_replica_lag_of *how)
{
	struct gv_replica_lag_of of = *how;
	struct gv_replica_lag lag;
	int r;

	of.repo = repo;
	of.dir = dir;
	r = gv_replica_lag(&lag, NULL, &of);
	out->is_known = lag.is_known;
	out->behind_snapshots = lag.snapshots;
	out->behind_bytes = lag.bytes;
	out->behind_refs = lag.refs;
	out->behind_seconds = lag.behind;
	return r;
}

static int
load_target(struct gv_copies_target *out, struct gv_repo *repo,
    const struct gv_target *target, const struct gv_replica_lag_of *how)
{
	struct gv_buf dir = GV_BUF_INIT, place = GV_BUF_INIT;
	int r = gv_replica_memory_dir(&dir, repo, target->name);

	out->target = target;
	out->held = (struct gv_copies_held)GV_COPIES_HELD_INIT;
	gv_target_place(&place, target);
	if (r == 0 && (r = gv_buf_check(&place)) == 0 &&
	    (out->place = strdup(place.p)) == NULL)
		r = gv_err_nomem();
	if (r == 0 && (r = take_memory(out, dir.p)) == 0)
		r = take_lag(out, repo, dir.p, how);
	gv_buf_release(&dir);
	gv_buf_release(&place);
	return r;
}

static int
load_targets(struct gv_copies *out, struct gv_repo *repo, unsigned how)
{
	const struct gv_replica_lag_of lag = { .now = out->now,
		.has_bytes = (how & GV_COPIES_BYTES) != 0 };
	size_t i;
	int r = 0;

	out->targets = calloc(out->all.n + 1, sizeof(*out->targets));
	if (out->targets == NULL)
		return gv_err_nomem();
	for (i = 0; r == 0 && i < out->all.n; i++) {
		out->n++;
		r = load_target(&out->targets[i], repo, &out->all.all[i], &lag);
	}
	return r;
}

/* ---- environments -------------------------------------------------------- */

static int
load_envs(struct gv_copies *out)
{
	const struct gv_policy_envs *envs = &out->all.policy.envs;
	size_t i;

	out->envs = calloc(envs->n + 1, sizeof(*out->envs));
	if (out->envs == NULL)
		return gv_err_nomem();
	for (i = 0; i < envs->n; i++) {
		struct gv_copies_env *env = &out->envs[out->n_envs];

		env->name = envs->items[i].name;
		env->want = gv_policy_copies_for(&out->all.policy, env->name);
		out->n_envs += gv_policy_copies_is_set(&env->want);
	}
	return 0;
}

static int
compare_ids(const void *a, const void *b)
{
	const struct gv_copies_snapshot *x = a, *y = b;

	return strcmp(x->id, y->id);
}

/* Several hosts may have one id with different commits, if one of them purged
 * something. */
static bool
has(const struct gv_copies_held *held, const struct gv_record *rec)
{
	const struct gv_copies_snapshot key = { .id = rec->id };
	const struct gv_copies_snapshot *it = held->n
	    ? bsearch(&key, held->all, held->n, sizeof(key), compare_ids)
	    : NULL;
	const struct gv_copies_snapshot *end;

	if (it == NULL)
		return false;
	end = held->all + held->n;
	while (it > held->all && strcmp(it[-1].id, rec->id) == 0)
		it--;
	for (; it < end && strcmp(it->id, rec->id) == 0; it++)
		if (gv_oid_equal(&it->commit, &rec->commit))
			return true;
	return false;
}

/* How it stands with one environment. */
static void
ask_env(struct gv_copies_word *out, const struct gv_copies *copies,
    const struct gv_record *rec, const struct gv_copies_env *env,
    struct gv_copies_holder *room)
{
	size_t i, n = 0;

	for (i = 0; i < copies->n; i++) {
		const struct gv_copies_target *t = &copies->targets[i];
		const struct gv_target *target = &copies->all.all[i];

		if ((target->from &&
			!gv_policy_target_is_for(target->from, env->name)) ||
		    !has(&t->held, rec))
			continue;
		room[n++] = (struct gv_copies_holder){ t->place, target->region,
			t->verified };
	}
	gv_copies_are_enough(out, &env->want, room, n, copies->now);
}

static bool
is_of(const struct gv_record *rec, const struct gv_copies_env *env)
{
	return rec->n_environments == 0 || gv_record_is_of(rec, env->name);
}

void
gv_copies_ask(struct gv_copies_word *out, const struct gv_copies *copies,
    const struct gv_record *rec)
{
	struct gv_copies_word one;
	size_t i;

	memset(out, 0, sizeof(*out));
	for (i = 0; i < copies->n_envs; i++) {
		if (!is_of(rec, &copies->envs[i]))
			continue;
		ask_env(&one, copies, rec, &copies->envs[i], copies->room);
		if (!out->is_wanted || (one.is_lacking && !out->is_lacking))
			*out = one;
	}
}

/* ---- all snapshots ------------------------------------------------------- */

static void
count(struct gv_copies *out, const struct gv_record *rec)
{
	struct gv_copies_word one;
	bool is_wanted = false, is_lacking = false;
	size_t i;

	for (i = 0; i < out->n_envs; i++) {
		struct gv_copies_env *env = &out->envs[i];

		if (!is_of(rec, env))
			continue;
		ask_env(&one, out, rec, env, out->room);
		env->snapshots++;
		env->lacking += one.is_lacking;
		is_wanted = true;
		is_lacking |= one.is_lacking;
	}
	out->wanted += is_wanted;
	out->lacking += is_lacking;
}

/* One that cannot be read is for verify to tell. */
static int
count_all(struct gv_copies *out, struct gv_repo *repo)
{
	struct gv_record_walk *walk = NULL;
	struct gv_record rec = { 0 };
	int r =
	    gv_record_walk_open(&walk, repo, GV_RECORD_RECALL | GV_RECORD_ALL);

	while (r == 0 && (r = gv_record_walk_next(walk, &rec)) != 0) {
		if (r > 0)
			count(out, &rec);
		if (r > 0 || r == GV_ECORRUPT)
			r = 0;
		gv_record_release(&rec);
	}
	gv_record_walk_close(walk);
	return r;
}

/* ---- the whole ----------------------------------------------------------- */

int
gv_copies_open(
    struct gv_copies *out, struct gv_repo *repo, int64_t now, unsigned how)
{
	int r;

	memset(out, 0, sizeof(*out));
	out->now = now;
	if ((r = gv_targets_load(&out->all, repo)) < 0 ||
	    (r = load_targets(out, repo, how)) < 0 || (r = load_envs(out)) < 0)
		return r;
	out->room = calloc(out->n + 1, sizeof(*out->room));
	return out->room ? 0 : gv_err_nomem();
}

int
gv_copies_load(
    struct gv_copies *out, struct gv_repo *repo, int64_t now, unsigned how)
{
	int r = gv_copies_open(out, repo, now, how);

	return r == 0 && out->n_envs ? count_all(out, repo) : r;
}

void
gv_copies_release(struct gv_copies *copies)
{
	size_t i;

	for (i = 0; i < copies->n; i++) {
		free(copies->targets[i].place);
		free(copies->targets[i].why);
		free(copies->targets[i].damage.text);
		gv_copies_held_release(&copies->targets[i].held);
	}
	free(copies->targets);
	free(copies->envs);
	free(copies->room);
	gv_targets_release(&copies->all);
	memset(copies, 0, sizeof(*copies));
}

/* Whether there are as many places as an environment wants, of those to which
 * something may be sent. */
static bool
has_places(const struct gv_copies *copies)
{
	unsigned most = 0, places = 0;
	size_t i, k;

	for (i = 0; i < copies->n_envs; i++)
		if (copies->envs[i].want.min > most)
			most = copies->envs[i].want.min;
	for (i = 0; i < copies->n; i++) {
		if (gv_target_is_refused(copies->targets[i].target))
			continue;
		for (k = 0; k < i; k++)
			if (strcmp(copies->targets[k].place,
				copies->targets[i].place) == 0 &&
			    !gv_target_is_refused(copies->targets[k].target))
				break;
		places += k == i;
	}
	return places >= most;
}

const char *
gv_copies_next(const struct gv_copies *copies)
{
	size_t i;

	if (!has_places(copies))
		return "git vault help replicate";
	for (i = 0; i < copies->n; i++)
		if (!gv_target_is_refused(copies->targets[i].target) &&
		    (!copies->targets[i].is_known ||
			copies->targets[i].behind_snapshots))
			return "git vault replicate push --verify";
	return "git vault replicate verify";
}
