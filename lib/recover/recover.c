#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/enc.h"
#include "base/err.h"
#include "base/lines.h"
#include "base/time.h"
#include "base/vec.h"
#include "crypto/sha.h"
#include "recover/recover_internal.h"
#include "repo/hash.h"
#include "repo/repo.h"
#include "sys/clock.h"
#include "sys/dir.h"
#include "sys/file.h"
#include "sys/lock.h"

#define PLANS "plans" /* below the vault's own folder of this working tree */
#define PLAN  "plan.yaml"
#define LOCK  ".lock" /* held by the one that begins */

#define REHEARSAL "sandbox" /* what the first record says of one */

#define BEGIN_MS 10000 /* that another run may take to begin */

/* ---- what a run is ------------------------------------------------------- */

const char *
gv_recover_id(const struct gv_recover *run)
{
	return run->id;
}

bool
gv_recover_is_rehearsal(const struct gv_recover *run)
{
	const struct gv_plan_record *begin = run->progress.begin;

	return begin && begin->detail && strcmp(begin->detail, REHEARSAL) == 0;
}

const char *
gv_recover_dir(const struct gv_recover *run)
{
	return run->dir;
}

const struct gv_plan *
gv_recover_plan(const struct gv_recover *run)
{
	return &run->plan;
}

const struct gv_plan_progress *
gv_recover_progress(const struct gv_recover *run)
{
	return &run->progress;
}

const char *
gv_recover_environment(const struct gv_recover *run)
{
	return run->environment;
}

void
gv_recover_digest(char out[GV_RECOVER_DIGEST + 1], const char *text, size_t len)
{
	unsigned char sum[GV_SHA_BYTES];

	gv_sha_sum(sum, text, len);
	gv_enc_hex(out, sum, sizeof(sum));
}

int
gv_recover_subject(struct gv_oid *out, const struct gv_recover *run,
    const char *id, const char *step)
{
	const char *const *value = run->progress.begin->values;
	struct gv_buf text = GV_BUF_INIT;
	int r;

	gv_buf_addf(
	    &text, "plan approval\n%s\n%s\n%s\n", run->digest, id, step);
	/* the length, since a value can have lines */
	for (; value && *value; value += 2)
		gv_buf_addf(&text, "%s %zu\n%s\n", value[0], strlen(value[1]),
		    value[1]);
	if ((r = gv_buf_check(&text)) == 0)
		gv_hash_object(out, GV_OTYPE_BLOB, text.p, text.len);
	gv_buf_release(&text);
	return r;
}

/* ---- opening and closing ------------------------------------------------- */

void
gv_recover_close(struct gv_recover *run)
{
	if (run == NULL)
		return;
	gv_plan_progress_release(&run->progress);
	gv_plan_release(&run->plan);
	gv_lock_close(run->lock);
	gv_buf_release(&run->text);
	gv_arena_release(&run->arena);
	gv_recover_box_end(run);
	gv_buf_release(&run->box_dir);
	pthread_mutex_destroy(&run->switching);
	pthread_mutex_destroy(&run->boxing);
	free(run->remote);
	free(run->id);
	free(run->dir);
	free(run);
}

static struct gv_recover *
new_run(struct gv_repo *repo)
{
	struct gv_recover *run = calloc(1, sizeof(*run));

	if (run == NULL) {
		gv_err_nomem();
		return NULL;
	}
	run->repo = repo;
	run->lock = -1;
	run->text = (struct gv_buf)GV_BUF_INIT;
	run->arena = (struct gv_arena)GV_ARENA_INIT;
	run->box_dir = (struct gv_buf)GV_BUF_INIT;
	pthread_mutex_init(&run->switching, NULL);
	pthread_mutex_init(&run->boxing, NULL);
	return run;
}

static int
set_place(struct gv_recover *run, const char *id, size_t len)
{
	struct gv_buf dir = GV_BUF_INIT;

	gv_buf_addf(
	    &dir, "%s/" PLANS "/%.*s", run->repo->vault_dir, (int)len, id);
	run->dir = gv_buf_take(&dir);
	run->id = strndup(id, len);
	return run->dir && run->id ? 0 : gv_err_nomem();
}

static int
read_plan(struct gv_recover *run, const char *name)
{
	int r = gv_plan_read(&run->plan, name, run->text.p, run->text.len);

	if (r < 0)
		return r;
	gv_recover_digest(run->digest, run->text.p, run->text.len);
	if (run->plan.n_faults)
		return gv_err(GV_EREFUSED, "plan %s, line %u: %s", name,
		    run->plan.faults[0].line, run->plan.faults[0].what);
	return gv_plan_progress_init(&run->progress, &run->plan);
}

/* ---- inputs -------------------------------------------------------------- */

static const char *
given(const char *const *inputs, const char *name)
{
	const size_t len = strlen(name);

	for (; inputs && *inputs; inputs++)
		if (strncmp(*inputs, name, len) == 0 && (*inputs)[len] == '=')
			return *inputs + len + 1;
	return NULL;
}

static const char *
default_of(const struct gv_plan_input *input, const char *env)
{
	const char *const *pair = input->by_environment;

	for (; env && pair && pair[0]; pair += 2)
		if (strcmp(pair[0], env) == 0)
			return pair[1];
	return input->value;
}

static int
check_names(const struct gv_plan *plan, const char *const *inputs)
{
	size_t i, len;

	for (; inputs && *inputs; inputs++) {
		len = strcspn(*inputs, "=");
		for (i = 0; i < plan->n_inputs; i++)
			if (strlen(plan->inputs[i].name) == len &&
			    memcmp(plan->inputs[i].name, *inputs, len) == 0)
				break;
		if ((*inputs)[len] == '\0')
			return gv_err(GV_EUSAGE,
			    "an input is NAME=VALUE, and '%.64s' is not",
			    *inputs);
		if (i == plan->n_inputs)
			return gv_err(GV_EUSAGE, "plan %s has no input '%.*s'",
			    plan->name, (int)(len < 64 ? len : 64), *inputs);
	}
	return 0;
}

/* All inputs with their values, as the first record has them. */
static int
gather_inputs(
    const char *const **out, struct gv_recover *run, const char *const *inputs)
{
	struct gv_disclosure disclosure = GV_DISCLOSURE_INIT(run->repo);
	struct gv_disclosed what;
	const struct gv_plan *plan = &run->plan;
	const char **all, *value;
	size_t i, n = 0;
	int r = check_names(plan, inputs);

	if (r < 0)
		return r;
	all = gv_arena_alloc(
	    &run->arena, (2 * plan->n_inputs + 1) * sizeof(*all));
	if (all == NULL)
		return GV_ENOMEM;
	for (i = 0; r == 0 && i < plan->n_inputs; i++) {
		const struct gv_plan_input *in = &plan->inputs[i];

		value = given(inputs, in->name);
		if (value == NULL)
			value = default_of(in, run->environment);
		if (value == NULL && in->is_required)
			r = gv_err(GV_EUSAGE,
			    "plan %s needs the input '%s': --input %s=VALUE",
			    plan->name, in->name, in->name);
		else if (value)
			r = gv_disclosure_suspect(
			    &what, &disclosure, in->name, value);
		if (r > 0)
			r = gv_err(GV_EREFUSED,
			    "the value of input '%s' likely is a secret (%s), "
			    "and inputs are stored; have the steps that need "
			    "it read it themselves",
			    in->name, what.rule);
		if (r < 0)
			break;
		all[n++] = in->name;
		all[n++] = value ? value : "";
	}
	*out = all;
	gv_disclosure_release(&disclosure);
	return r;
}

/* ---- beginning ----------------------------------------------------------- */

static int
make_place(struct gv_recover *run)
{
	/* the milliseconds in front, so that the ids of one second are in the
	 * order of their runs */
	const struct timespec now = gv_clock_now();
	const unsigned ms = (unsigned)(now.tv_nsec / 1000000);
	unsigned char random[3];
	char time[GV_TIME_MAX], id[40];
	struct gv_buf path = GV_BUF_INIT;
	int r = gv_clock_random(random, sizeof(random));

	if (r < 0)
		return r;
	gv_time_compact(time, now.tv_sec);
	(void)snprintf(id, sizeof(id), ".%.16s-%03x%01x%02x%02x", time, ms,
	    random[0] & 15, random[1], random[2]);
	if ((r = set_place(run, id, strlen(id))) < 0 ||
	    (r = gv_file_mkdirs(AT_FDCWD, run->dir, 0700)) < 0)
		return r;
	gv_buf_addf(&path, "%s/" PLAN, run->dir);
	if ((r = gv_buf_check(&path)) == 0)
		r = gv_file_replace(
		    AT_FDCWD, path.p, run->text.p, run->text.len, 0600, true);
	gv_buf_release(&path);
	return r;
}

/* The folder has all that a run needs: it gets its name. */
static int
name_place(struct gv_recover *run)
{
	char *was = run->dir, *id = run->id;
	int r;

	run->dir = run->id = NULL;
	r = set_place(run, id + 1, strlen(id) - 1);
	if (r == 0 && gv_file_rename_new(AT_FDCWD, was, run->dir) < 0)
		r = gv_err_sys("cannot make %s", run->dir);
	if (r == 0)
		r = gv_file_sync_parent(AT_FDCWD, run->dir);
	if (r < 0)
		(void)gv_file_remove_tree(AT_FDCWD, was);
	free(was);
	free(id);
	return r;
}

void
gv_recover_drop(struct gv_recover *run)
{
	char *saved = gv_err_save();

	if (run->dir)
		(void)gv_file_remove_tree(AT_FDCWD, run->dir);
	gv_err_restore(saved);
}

/* One run begins at a time, so that two of a plan see each other. */
static int
lock_beginning(int *lock, const struct gv_recover *run)
{
	struct gv_buf path = GV_BUF_INIT;
	int r;

	*lock = -1;
	gv_buf_addf(&path, "%s/" PLANS, run->repo->vault_dir);
	if ((r = gv_buf_check(&path)) == 0)
		r = gv_file_mkdirs(AT_FDCWD, path.p, 0700);
	gv_buf_addstr(&path, "/" LOCK);
	if (r == 0 && (r = gv_buf_check(&path)) == 0)
		r = gv_lock_open(lock, path.p, BEGIN_MS);
	gv_buf_release(&path);
	return r;
}

/* The folder of all runs with what is in it; *fd is -1 before the first. */
static int
open_all(int *fd, struct gv_dir_names *in, const struct gv_repo *repo)
{
	struct gv_buf path = GV_BUF_INIT;
	int r;

	*fd = -1;
	gv_buf_addf(&path, "%s/" PLANS, repo->vault_dir);
	if ((r = gv_buf_check(&path)) == 0)
		*fd = gv_dir_open_root(path.p);
	if (*fd >= 0 && gv_dir_list(in, *fd) < 0)
		r = gv_err_sys("cannot read %s", path.p);
	gv_buf_release(&path);
	return r;
}

/* Remove what killed processes left of runs that had not begun. The lock of
 * beginning is ours, so none of these is at work. */
static int
sweep(const struct gv_recover *run)
{
	struct gv_dir_names in = { .n = 0 };
	int fd, r = open_all(&fd, &in, run->repo);
	size_t i;

	for (i = 0; r == 0 && i < in.n; i++)
		if (in.names[i].name[0] == '.' &&
		    strcmp(in.names[i].name, LOCK) != 0)
			r = gv_file_remove_tree(fd, in.names[i].name);
	gv_file_close(fd);
	gv_dir_names_release(&in);
	return r;
}

/* The folder appears whole or not at all. */
static int
make_folder(struct gv_recover *run, const struct gv_plan_record *record)
{
	int lock, r = lock_beginning(&lock, run);

	if (r < 0 || (r = gv_recover_check_alone(run)) < 0 ||
	    (r = sweep(run)) < 0)
		goto out;
	if ((r = make_place(run)) == 0 && (r = gv_recover_own(run)) == 0 &&
	    (r = gv_recover_journal_add(run, record, true)) == 0)
		r = name_place(run);
	else
		gv_recover_drop(run);
out:
	gv_lock_close(lock);
	return r;
}

/* A run that is nowhere but in memory. */
static int
try_out(struct gv_recover *run, const struct gv_plan_record *record)
{
	struct gv_plan_record *copy =
	    gv_arena_alloc(&run->arena, sizeof(*copy));

	run->id = strdup("test");
	if (copy == NULL || run->id == NULL)
		return gv_err_nomem();
	*copy = *record;
	return gv_plan_progress_add(&run->progress, copy);
}

static int
begin(struct gv_recover *run, const struct gv_recover_begin_opts *o)
{
	struct gv_plan_record record = { .what = GV_PLAN_BEGIN,
		.at = o->now,
		.digest = run->digest,
		.detail = o->is_rehearsal ? REHEARSAL : NULL };
	int r;

	gv_buf_add(&run->text, o->text, o->len);
	if ((r = gv_buf_check(&run->text)) < 0 ||
	    (r = read_plan(run, o->name)) < 0)
		return r;
	record.plan = run->plan.name;
	run->environment =
	    o->environment ? o->environment : run->plan.environment;
	record.environment = run->environment;
	if ((r = gather_inputs(&record.values, run, o->inputs)) < 0)
		return r;
	if (o->is_trial)
		return try_out(run, &record);
	if ((r = make_folder(run, &record)) == 0)
		run->environment = run->progress.begin->environment;
	return r;
}

int
gv_recover_begin(struct gv_recover **out, struct gv_repo *repo,
    const struct gv_recover_begin_opts *opts)
{
	struct gv_recover *run = new_run(repo);
	int r = run ? begin(run, opts) : GV_ENOMEM;

	*out = run;
	if (r < 0) {
		gv_recover_close(run);
		*out = NULL;
	}
	return r;
}

/* ---- those that there are ------------------------------------------------ */

static int
newest_first(const void *a, const void *b)
{
	return strcmp(*(const char *const *)b, *(const char *const *)a);
}

int
gv_recover_list(struct gv_buf *out, const struct gv_repo *repo)
{
	struct gv_dir_names in = { .n = 0 };
	const char **all = NULL;
	size_t n = 0, cap = 0, i;
	int fd, r = open_all(&fd, &in, repo);

	for (i = 0; r == 0 && i < in.n; i++)
		if (in.names[i].name[0] != '.' &&
		    (r = GV_GROW(all, n, cap)) == 0)
			all[n++] = in.names[i].name;
	if (n)
		qsort(all, n, sizeof(*all), newest_first);
	for (i = 0; i < n; i++)
		gv_buf_addf(out, "%s\n", all[i]);
	if (r == 0)
		r = gv_buf_check(out);
	gv_file_close(fd);
	free(all);
	gv_dir_names_release(&in);
	return r;
}

/* The one that a text names; *len of it in `ids`. */
static int
find(const char **id, size_t *len, const struct gv_buf *ids, const char *text)
{
	const char *p = ids->p, *line;
	size_t n, found = 0;

	while (gv_lines_next(&line, &n, &p, ids->p + ids->len)) {
		if (text && memmem(line, n, text, strlen(text)) == NULL)
			continue;
		if (found++ == 0) {
			*id = line;
			*len = n;
		}
		if (text == NULL || strlen(text) == n)
			return 0;
	}
	if (found == 1)
		return 0;
	if (found)
		return gv_err(GV_EREFUSED,
		    "%zu runs have '%.40s' in their id; give more of it", found,
		    text);
	return text ? gv_err(GV_ENOTFOUND,
			  "no run of this clone is '%.40s'; list them: git "
			  "vault plan history",
			  text)
		    : gv_err(GV_ENOTFOUND,
			  "no plan was run in this working tree yet; to list "
			  "plans: git vault plan");
}

static int
load(struct gv_recover *run)
{
	struct gv_buf path = GV_BUF_INIT;
	int r;

	gv_buf_addf(&path, "%s/" PLAN, run->dir);
	if ((r = gv_buf_check(&path)) < 0 ||
	    (r = gv_file_read(&run->text, AT_FDCWD, path.p, GV_PLAN_SIZE_MAX)) <
		0)
		goto out;
	if ((r = read_plan(run, "plan")) < 0 ||
	    (r = gv_recover_journal_load(run)) < 0)
		goto out;
	run->environment = run->progress.begin->environment;
	run->plan.name = run->progress.begin->plan;
	if (run->progress.begin->digest == NULL ||
	    strcmp(run->progress.begin->digest, run->digest) != 0)
		r = gv_err(GV_ECORRUPT,
		    "the plan of run %s was changed since it began; begin a "
		    "new one: git vault plan run %s",
		    run->id, run->plan.name);
out:
	gv_buf_release(&path);
	return r;
}

int
gv_recover_open(
    struct gv_recover **out, struct gv_repo *repo, const char *id, bool lock)
{
	struct gv_recover *run = new_run(repo);
	struct gv_buf ids = GV_BUF_INIT;
	const char *found = NULL;
	size_t len = 0;
	int r = run ? gv_recover_list(&ids, repo) : GV_ENOMEM;

	*out = NULL;
	if (r < 0 || (r = find(&found, &len, &ids, id)) < 0 ||
	    (r = set_place(run, found, len)) < 0 ||
	    (lock && (r = gv_recover_own(run)) < 0) || (r = load(run)) < 0)
		goto out;
	*out = run;
	run = NULL;
out:
	gv_buf_release(&ids);
	gv_recover_close(run);
	return r;
}

int
gv_recover_note(struct gv_recover *run, const struct gv_plan_record *record)
{
	return gv_recover_journal_add(run, record, true);
}
