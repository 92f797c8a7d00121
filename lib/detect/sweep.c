#include "detect/sweep.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "base/buf.h"
#include "base/err.h"
#include "base/vec.h"
#include "crypto/age.h"
#include "detect/sweep_internal.h"
#include "object/odb.h"
#include "policy/consent.h"
#include "policy/team.h"
#include "repo/refs.h"
#include "remote/remote.h"
#include "repo/repo.h"
#include "safe/safe_writer.h"
#include "scan/ruleset.h"
#include "sys/cancel.h"
#include "sys/dir.h"
#include "sys/file.h"
#include "sys/workers.h"
#include "walk/census.h"
#include "worktree/index.h"
#include "worktree/statcache.h"

#define BATCH 8 /* jobs that a thread takes at once */

int
gv_sweep_new(struct gv_sweep **out, const struct gv_sweep_opts *opts)
{
	struct gv_sweep *sweep = calloc(1, sizeof(*sweep));
	struct gv_sweep_private *p = calloc(1, sizeof(*p));
	int r = 0;

	if (sweep == NULL || p == NULL) {
		free(sweep);
		free(p);
		return gv_err_nomem();
	}
	sweep->private = p;
	p->opts = *opts;
	p->top = -1;
	pthread_mutex_init(&p->lock, NULL);
	if (opts->policy) {
		r = gv_policy_parse(&p->policy, opts->policy_name, opts->policy,
		    opts->policy_len);
		if (r == 0 && opts->repo && !opts->policy_is_accepted)
			r = gv_consent_hold(&p->policy, opts->repo,
			    opts->policy, opts->policy_len);
	} else if (opts->repo) {
		r = gv_team_load(&p->policy, opts->repo);
	}
	if (r == 0 && (r = gv_sweep_load_rules(sweep)) == 0)
		r = gv_sweep_load_allowances(sweep);
	if (r < 0)
		gv_sweep_free(sweep);
	else
		*out = sweep;
	return r;
}

void
gv_sweep_free(struct gv_sweep *sweep)
{
	struct gv_sweep_private *p;
	size_t i;

	if (sweep == NULL)
		return;
	p = sweep->private;
	for (i = 0; i < sweep->n; i++)
		gv_finding_release(&sweep->findings[i]);
	free(sweep->findings);
	free(sweep->notes);
	free(sweep->shallow);
	free(sweep->doubts);
	gv_census_free(p->census);
	gv_wish_close(&p->wish);
	gv_statcache_close(p->cache);
	gv_index_close(p->index);
	gv_file_close(p->top);
	gv_ruleset_free(p->rules);
	gv_arena_release(&p->arena);
	pthread_mutex_destroy(&p->lock);
	explicit_bzero(&p->key, sizeof(p->key));
	gv_policy_release(&p->policy);
	gv_rule_release(&p->builtin);
	gv_rule_release(&p->team);
	gv_baseline_release(&p->baseline);
	gv_scanned_release(&p->known);
	gv_fact_release(&p->facts);
	gv_map_release(&p->rules_by_id);
	free(p->tips);
	free(p->uses);
	free(p->changed);
	free(p->shown);
	free(p->jobs);
	free(p);
	free(sweep);
}

int
gv_sweep_add_job(struct gv_sweep *sweep, const struct gv_sweep_job *job)
{
	struct gv_sweep_private *p = sweep->private;
	int r = GV_GROW(p->jobs, p->n_jobs, p->cap_jobs);

	if (r == 0)
		p->jobs[p->n_jobs++] = *job;
	p->wants_facts |= !p->opts.keep_values && !gv_oid_is_zero(&job->blob);
	return r;
}

int
gv_sweep_note_file(struct gv_sweep *sweep, const char *path, const char *reason)
{
	int r;

	pthread_mutex_lock(&sweep->private->lock);
	r = GV_GROW(sweep->notes, sweep->n_notes, sweep->cap_notes);
	if (r == 0)
		sweep->notes[sweep->n_notes++] =
		    (struct gv_sweep_note){ path, reason };
	pthread_mutex_unlock(&sweep->private->lock);
	return r;
}

int
gv_sweep_note_archive(
    struct gv_sweep *sweep, const char *path, enum gv_sweep_lack lack)
{
	int r;

	if (sweep->private->opts.tallies)
		return 0;
	pthread_mutex_lock(&sweep->private->lock);
	r = GV_GROW(sweep->shallow, sweep->n_shallow, sweep->cap_shallow);
	if (r == 0)
		sweep->shallow[sweep->n_shallow++] =
		    (struct gv_sweep_note){ path, gv_sweep_lacks[lack] };
	pthread_mutex_unlock(&sweep->private->lock);
	return r;
}

/* Whether the finding is of a grade that is encrypted. Encrypting a value that
 * is no secret costs its owner nothing, because it comes back byte for byte; a
 * secret that is missed is stored in clear for ever. So a file in a folder of
 * examples is treated like any other file. Only a value that itself reads like
 * an example is stored in clear. */
static bool
has_grade(const struct gv_finding *f, enum gv_finding_grade least)
{
	enum gv_finding_grade grade = f->grade;
	const bool is_by_place = f->reasons & GV_SCAN_IN_EXAMPLE &&
	    !(f->reasons & GV_SCAN_PLACEHOLDER);

	if (is_by_place && grade < GV_FINDING_POSSIBLE)
		grade = GV_FINDING_POSSIBLE;
	/* in the form of its provider, or in a Secret of Kubernetes */
	if (is_by_place && f->reasons & GV_SCAN_ANCHORED &&
	    grade < GV_FINDING_LIKELY)
		grade = GV_FINDING_LIKELY;
	if (least > GV_FINDING_POSSIBLE &&
	    strcmp(f->rule->id, "kubernetes-secret") == 0)
		least = GV_FINDING_POSSIBLE;
	return grade >= least;
}

/* An archive is withheld as a whole. */
static int
withhold(const struct gv_sweep *sweep, const struct gv_finding *f,
    struct gv_sweep_tally *tally)
{
	int r;

	if (!has_grade(f, sweep->private->withhold) || f->is_lasting ||
	    tally->is_all)
		return 0;
	r = GV_GROW(tally->spans, tally->n, tally->cap);
	if (r < 0)
		return r;
	tally->is_all = f->inner != NULL;
	tally->spans[tally->n++] = (struct gv_redact_span){ .at = f->at,
		.len = f->len,
		.rule = gv_redact_rule_is_valid(f->rule->id) ? f->rule->id
							     : "secret" };
	return 0;
}

int
gv_sweep_keep(
    struct gv_sweep *sweep, struct gv_finding *f, struct gv_sweep_tally *tally)
{
	int r;

	if (tally) {
		r = withhold(sweep, f, tally);
		if (r < 0)
			return r;
		tally->open += gv_finding_counts(f, GV_FINDING_LIKELY);
		gv_finding_release(f);
		return 0;
	}
	pthread_mutex_lock(&sweep->private->lock);
	if ((r = GV_GROW(sweep->findings, sweep->n, sweep->cap)) == 0)
		sweep->findings[sweep->n++] = *f;
	pthread_mutex_unlock(&sweep->private->lock);
	return r;
}

const char *
gv_sweep_copy(struct gv_sweep *sweep, const char *text, size_t len)
{
	const char *copy;

	pthread_mutex_lock(&sweep->private->lock);
	copy = gv_arena_copy(&sweep->private->arena, text, len);
	pthread_mutex_unlock(&sweep->private->lock);
	return copy;
}

const char *
gv_sweep_copy_key(struct gv_sweep *sweep, const char *key)
{
	struct gv_buf text = GV_BUF_INIT;
	const char *copy = NULL;

	gv_finding_add_key(&text, key);
	if (gv_buf_check(&text) == 0)
		copy = gv_sweep_copy(sweep, text.p, text.len);
	gv_buf_release(&text);
	return copy;
}

/* Of a vault without a keyring, whose key is in a ref. */
static int
say_fetch(const struct gv_repo *repo, const char *key)
{
	struct gv_remote remote;
	size_t at = 0;

	if (!gv_remote_next(&remote, &at, &repo->config))
		remote = (struct gv_remote){ .name = "origin", .len = 6 };
	return gv_err(GV_ENOTFOUND,
	    "allowances are of the key %.*s, which this clone does not have; "
	    "to fetch it: git fetch %.*s " GV_REF_IDKEY ":" GV_REF_IDKEY,
	    GV_IDKEY_NAME, key, (int)remote.len, remote.name);
}

/* Where allowances are of a key that this clone lacks, a new one would only
 * be in the way when that one comes. Who only counts makes none that others
 * come to see. */
static int
find_key(struct gv_sweep *sweep)
{
	struct gv_sweep_private *p = sweep->private;
	const char *foreign = gv_sweep_foreign_key(sweep, NULL);
	bool has_keyring = false;
	int r = p->opts.is_reading
	    ? gv_idkey_load(&p->key, p->opts.repo)
	    : gv_safe_load_idkey(&p->key, &has_keyring, p->opts.repo);

	if (p->opts.is_reading)
		return r == GV_ENOTFOUND ? gv_err(r, "there is none") : r;
	if (r == GV_ENOKEY && foreign)
		return gv_err_in(r,
		    "allowances are of the key %.*s, which the keyring has",
		    GV_IDKEY_NAME, foreign);
	if (r != GV_ENOTFOUND && r != GV_ENOKEY)
		return r;
	if (foreign && has_keyring)
		return gv_err(GV_ENOTFOUND,
		    "allowances are of the key %.*s, which the keyring has, "
		    "and no identity here opens it; have an owner add this "
		    "host by `git vault key add`",
		    GV_IDKEY_NAME, foreign);
	if (foreign)
		return say_fetch(p->opts.repo, foreign);
	return p->opts.tallies || has_keyring
	    ? gv_idkey_expect(&p->key, p->opts.repo, true)
	    : gv_idkey_get(&p->key, p->opts.repo, p->opts.now);
}

/* It is asked for at the first finding only: where nothing is found, nothing
 * is written. */
const struct gv_idkey *
gv_sweep_key(struct gv_sweep *sweep)
{
	struct gv_sweep_private *p = sweep->private;

	if (p->opts.repo == NULL)
		return NULL;
	pthread_mutex_lock(&p->lock);
	if (!p->asked) {
		if (find_key(sweep) == 0) {
			sweep->key = &p->key;
		} else {
			const char *why = gv_err_message();

			sweep->keyless =
			    gv_arena_copy(&p->arena, why, strlen(why));
		}
	}
	p->asked = true;
	pthread_mutex_unlock(&p->lock);
	return sweep->key;
}

/* --- one file --- */

/* Whether all that was read of an open file is what the cache knows. */
static bool
is_vouched(
    const struct gv_sweep_window *w, const struct gv_sweep_job *job, int fd)
{
	const struct gv_sweep_private *p = w->sweep->private;
	struct stat st;

	return job->row && gv_dir_stat_fd(fd, &st) == 0 &&
	    w->base + w->len == job->row->size &&
	    gv_census_is_row_same(job->row, &st, p->cache->head->stamp);
}

/* 1: it is scanned; 0: it cannot be read, which is noted. */
static int
scan_file(struct gv_sweep_window *w, const struct gv_sweep_job *job)
{
	int fd = gv_dir_open_file(job->root, job->file, job->len), r = 0;
	size_t room;
	ssize_t n = 1;
	char *at;

	if (fd < 0)
		return gv_sweep_note_file(w->sweep, job->path, strerror(errno));
	while (r == 0 && n > 0) {
		r = gv_sweep_window_room(w, &at, &room);
		n = r < 0 ? 0 : gv_file_read_some(fd, at, room);
		if (n < 0)
			r = gv_sweep_note_file(
			    w->sweep, job->path, strerror(errno));
		else
			gv_sweep_window_took(w, (size_t)n);
	}
	if (w->facts && !is_vouched(w, job, fd))
		w->facts->is_lost = true;
	gv_file_close(fd);
	return r < 0 ? r : n == 0;
}

struct pouring {
	struct gv_sweep_window *w;
	bool has_begun, is_sealed;
};

static int
add_piece(void *ctx, const void *data, size_t len)
{
	struct pouring *p = ctx;

	p->is_sealed = !p->has_begun && p->w->sweep->private->skips_sealed &&
	    gv_age_is_sealed(data, len);
	p->has_begun = true;
	return p->is_sealed ? GV_EREFUSED
			    : gv_sweep_window_add(p->w, data, len);
}

/* Of one that is sealed no more than its beginning is read, and nothing is
 * remembered: another scan looks at all of it. */
static int
scan_blob(struct gv_sweep_window *w, const struct gv_sweep_job *job)
{
	struct pouring p = { .w = w };
	int r =
	    gv_odb_stream(w->sweep->private->odb, &job->blob, add_piece, &p);

	if (p.is_sealed && w->facts)
		w->facts->is_lost = true;
	if (p.is_sealed)
		return 1;
	return r < 0 ? gv_err_in(r, "%s, as git has it", job->path) : 1;
}

/* Tell what is known, without a look. Of history only what is scanned counts,
 * else all that was asked for. As below, or GV_ENOTFOUND. */
static int
tell_job(
    struct gv_sweep *sweep, const struct gv_sweep_job *job, uint64_t *bytes)
{
	enum gv_otype type;
	size_t size = 0;
	int r = gv_sweep_fact_tell(sweep, job, NULL);

	if (r <= 0)
		return r < 0 ? r : GV_ENOTFOUND;
	if (job->places)
		return 0;
	if (job->row)
		size = job->row->size;
	else
		r = gv_odb_read_header(
		    sweep->private->odb, &type, &size, &job->blob);
	*bytes = size;
	return r < 0 ? gv_err_in(r, "%s, as git has it", job->path) : 1;
}

/* 1: it was scanned; 0: it cannot be read, which is noted, or it is known. */
static int
scan_job(struct gv_sweep_window *w, const struct gv_sweep_job *job,
    struct gv_sweep_facts *facts, uint64_t *bytes)
{
	const bool knows =
	    w->sweep->private->has_facts && !gv_oid_is_zero(&job->blob);
	int r, ended;

	*bytes = 0;
	gv_sweep_fact_begin(facts);
	r = knows ? tell_job(w->sweep, job, bytes) : GV_ENOTFOUND;
	if (r != GV_ENOTFOUND)
		return r;
	r = gv_sweep_open_rules(w->sweep);
	if (r < 0)
		return r;
	gv_sweep_window_open(w, job->path);
	w->places = job->places;
	w->facts = knows ? facts : NULL;
	r = job->file   ? scan_file(w, job)
	    : job->text ? gv_sweep_text_scan(w, job)
			: scan_blob(w, job);
	*bytes = w->base + w->len;
	if (r < 0)
		return r;
	ended = gv_sweep_window_end(w);
	if (ended < 0)
		return gv_err_in(ended, "%s", job->path);
	if (knows && r > 0)
		gv_sweep_fact_put(w->sweep, &job->blob, job->path, facts);
	return r;
}

/* --- the other paths of a version of a file --- */

#define KINDS 8 /* of paths that differ */

/* What was found by a path, for others of its kind. */
struct kind {
	const char *path;
	struct gv_sweep_facts facts;
};

struct kinds {
	struct kind all[KINDS];
	size_t n;
};

/* What was just scanned, unless the path itself had a part in what was found.
 * 0 or GV_ENOMEM. */
static int
learn_kind(struct kinds *kinds, const struct gv_sweep_window *w,
    const struct gv_sweep_job *job, const struct gv_sweep_facts *facts)
{
	struct kind *kind = &kinds->all[kinds->n];
	int r = gv_buf_check(&facts->bytes);

	if (r < 0)
		return r;
	if (kinds->n == KINDS || w->scan.has_asked || w->facts == NULL ||
	    facts->is_cut)
		return 0;
	kind->path = job->path;
	kind->facts = *facts;
	kind->facts.bytes = (struct gv_buf)GV_BUF_INIT;
	gv_buf_add(&kind->facts.bytes, facts->bytes.p, facts->bytes.len);
	kinds->n++;
	return gv_buf_check(&kind->facts.bytes);
}

/* The path says what kind of file it is, and allowances name it. */
static int
scan_again(struct gv_sweep_window *w, const struct gv_sweep_job *job,
    struct gv_sweep_facts *facts, struct kinds *kinds)
{
	struct gv_sweep *sweep = w->sweep;
	uint64_t bytes;
	size_t i;
	int r;

	for (i = 0; i < kinds->n; i++)
		if (gv_scan_is_same_kind(
			sweep->private->rules, kinds->all[i].path, job->path))
			break;
	if (i == kinds->n) {
		r = scan_job(w, job, facts, &bytes);
		return r > 0 ? learn_kind(kinds, w, job, facts) : r;
	}
	gv_sweep_fact_put(sweep, &job->blob, job->path, &kinds->all[i].facts);
	return gv_sweep_fact_tell_again(sweep, job, &kinds->all[i].facts);
}

/* As above, by each of its paths; they count once. */
static int
scan_places(struct gv_sweep_window *w, const struct gv_sweep_job *job,
    struct gv_sweep_facts *facts, uint64_t *bytes)
{
	struct gv_finding_place *p = job->places ? job->places->next : NULL;
	struct gv_sweep_job other = *job;
	struct kinds kinds = { .n = 0 };
	int first = scan_job(w, job, facts, bytes);
	int r = first > 0 && p ? learn_kind(&kinds, w, job, facts) : first;

	for (; r >= 0 && p; p = p->next) {
		other.path = p->path;
		other.places = p;
		r = gv_cancel_requested()
		    ? gv_cancel_error()
		    : scan_again(w, &other, facts, &kinds);
	}
	while (kinds.n > 0)
		gv_buf_release(&kinds.all[--kinds.n].facts.bytes);
	return r < 0 ? r : first;
}

/* --- all of them --- */

static void
count(struct gv_sweep *sweep, uint64_t files, uint64_t bytes)
{
	struct gv_sweep_private *p = sweep->private;

	pthread_mutex_lock(&p->lock);
	sweep->files += files;
	sweep->bytes += bytes;
	pthread_mutex_unlock(&p->lock);
}

static int
work(void *ctx, int number)
{
	struct gv_sweep *sweep = ctx;
	struct gv_sweep_private *p = sweep->private;
	struct gv_sweep_window w = { .sweep = sweep, .scan = GV_SCAN_INIT };
	struct gv_sweep_facts facts = { .bytes = GV_BUF_INIT };
	uint64_t files = 0, bytes = 0, size = 0;
	size_t i = 0, end = 0;
	int r = 0;

	/* packs that are open already are open for all */
	if (!p->odb && !(p->opts.repo && p->opts.repo->odb))
		gv_workers_own_files(number, p->top);
	for (; r >= 0; i++) {
		if (i == end) {
			i = atomic_fetch_add(&p->next, BATCH);
			end = i + BATCH;
		}
		if (i >= p->n_jobs)
			break;
		if (gv_cancel_requested())
			r = gv_cancel_error();
		if (r >= 0)
			r = scan_places(&w, &p->jobs[i], &facts, &size);
		if (r > 0) {
			files++;
			bytes += size;
		}
		if (r >= 0 && p->opts.add)
			p->opts.add(p->opts.progress, 1, size);
	}
	gv_sweep_window_release(&w);
	gv_buf_release(&facts.bytes);
	count(sweep, files, bytes);
	if (r < 0)
		atomic_store(&p->next, p->n_jobs);
	return r < 0 ? r : 0;
}

static int
compare_notes(const void *a, const void *b)
{
	return strcmp(((const struct gv_sweep_note *)a)->path,
	    ((const struct gv_sweep_note *)b)->path);
}

static void
sort(struct gv_sweep *sweep)
{
	if (sweep->n)
		qsort(sweep->findings, sweep->n, sizeof(*sweep->findings),
		    gv_finding_compare);
	if (sweep->n_shallow)
		qsort(sweep->shallow, sweep->n_shallow, sizeof(*sweep->shallow),
		    compare_notes);
	if (sweep->n_notes)
		qsort(sweep->notes, sweep->n_notes, sizeof(*sweep->notes),
		    compare_notes);
}

/* Facts are true whatever came of the rest. */
static void
save(struct gv_sweep *sweep, int r)
{
	if (sweep->private->opts.is_reading)
		return;
	if (r == 0 && sweep->private->remembers)
		gv_sweep_save_known(sweep);
	gv_sweep_fact_save(sweep);
}

int
gv_sweep_run(struct gv_sweep *sweep)
{
	struct gv_sweep_private *p = sweep->private;
	size_t most = (p->n_jobs + BATCH - 1) / BATCH;
	int threads = gv_workers_count(p->opts.threads), r = 0;

	if (p->opts.begin)
		p->opts.begin(p->opts.progress, "scanning files", p->n_jobs);
	if (most < (size_t)threads)
		threads = most ? (int)most : 1;
	if (p->wants_facts)
		r = gv_sweep_fact_load(sweep);
	if (r == 0 && p->n_jobs)
		r = gv_workers_run(threads, work, sweep);
	if (p->opts.begin)
		p->opts.begin(p->opts.progress, "", 0);
	if (r == 0)
		r = gv_sweep_settle_history(sweep);
	sort(sweep);
	save(sweep, r);
	return r < 0 ? r : gv_sweep_judge_allowances(sweep);
}

int
gv_sweep_stream(struct gv_sweep *sweep, int fd, const char *path)
{
	struct gv_sweep_window w = { .sweep = sweep, .scan = GV_SCAN_INIT };
	size_t room;
	ssize_t n = 1;
	char *at;
	int r = gv_sweep_open_rules(sweep);

	gv_sweep_window_open(&w, path);
	while (r == 0 && n > 0) {
		r = gv_sweep_window_room(&w, &at, &room);
		n = r < 0 ? 0 : gv_file_read_some(fd, at, room);
		if (n < 0)
			r = gv_err_sys("cannot read the standard input");
		else
			gv_sweep_window_took(&w, (size_t)n);
		if (gv_cancel_requested())
			r = gv_cancel_error();
	}
	if (r == 0)
		r = gv_sweep_window_end(&w);
	count(sweep, 1, w.base + w.len);
	gv_sweep_window_release(&w);
	sort(sweep);
	return r < 0 ? r : gv_sweep_judge_allowances(sweep);
}
