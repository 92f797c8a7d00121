#include "detect/trawl.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "base/buf.h"
#include "base/err.h"
#include "base/vec.h"
#include "crypto/age.h"
#include "detect/trawl_internal.h"
#include "object/odb.h"
#include "policy/consent.h"
#include "policy/team.h"
#include "repo/refs.h"
#include "remote/remote.h"
#include "repo/repo.h"
#include "safe/safe.h"
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
gv_trawl_new(struct gv_trawl **out, const struct gv_trawl_opts *opts)
{
	struct gv_trawl *trawl = calloc(1, sizeof(*trawl));
	struct gv_trawl_private *p = calloc(1, sizeof(*p));
	int r = 0;

	if (trawl == NULL || p == NULL) {
		free(trawl);
		free(p);
		return gv_err_nomem();
	}
	trawl->private = p;
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
	if (r == 0 && (r = gv_trawl_load_rules(trawl)) == 0)
		r = gv_trawl_load_allowances(trawl);
	if (r < 0)
		gv_trawl_free(trawl);
	else
		*out = trawl;
	return r;
}

void
gv_trawl_free(struct gv_trawl *trawl)
{
	struct gv_trawl_private *p;
	size_t i;

	if (trawl == NULL)
		return;
	p = trawl->private;
	for (i = 0; i < trawl->n; i++)
		gv_finding_release(&trawl->findings[i]);
	free(trawl->findings);
	free(trawl->notes);
	free(trawl->shallow);
	free(trawl->doubts);
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
	gv_table_release(&p->facts);
	gv_map_release(&p->rules_by_id);
	free(p->tips);
	free(p->uses);
	free(p->all);
	free(p->shown);
	free(p->jobs);
	free(p);
	free(trawl);
}

int
gv_trawl_add_job(struct gv_trawl *trawl, const struct gv_trawl_job *job)
{
	struct gv_trawl_private *p = trawl->private;
	int r = GV_GROW(p->jobs, p->n_jobs, p->cap_jobs);

	if (r == 0)
		p->jobs[p->n_jobs++] = *job;
	p->wants_facts |= !p->opts.keep_values && !gv_oid_is_zero(&job->blob);
	return r;
}

int
gv_trawl_note_file(struct gv_trawl *trawl, const char *path, const char *reason)
{
	int r;

	pthread_mutex_lock(&trawl->private->lock);
	r = GV_GROW(trawl->notes, trawl->n_notes, trawl->cap_notes);
	if (r == 0)
		trawl->notes[trawl->n_notes++] =
		    (struct gv_trawl_note){ path, reason };
	pthread_mutex_unlock(&trawl->private->lock);
	return r;
}

int
gv_trawl_note_archive(
    struct gv_trawl *trawl, const char *path, enum gv_trawl_lack lack)
{
	int r;

	if (trawl->private->opts.tallies)
		return 0;
	pthread_mutex_lock(&trawl->private->lock);
	r = GV_GROW(trawl->shallow, trawl->n_shallow, trawl->cap_shallow);
	if (r == 0)
		trawl->shallow[trawl->n_shallow++] =
		    (struct gv_trawl_note){ path, gv_trawl_lacks[lack] };
	pthread_mutex_unlock(&trawl->private->lock);
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
withhold(const struct gv_trawl *trawl, const struct gv_finding *f,
    struct gv_trawl_tally *tally)
{
	int r;

	if (!has_grade(f, trawl->private->withhold) || f->is_lasting ||
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
gv_trawl_keep(
    struct gv_trawl *trawl, struct gv_finding *f, struct gv_trawl_tally *tally)
{
	int r;

	if (tally) {
		r = withhold(trawl, f, tally);
		if (r < 0)
			return r;
		tally->open += gv_finding_counts(f, GV_FINDING_LIKELY);
		gv_finding_release(f);
		return 0;
	}
	pthread_mutex_lock(&trawl->private->lock);
	if ((r = GV_GROW(trawl->findings, trawl->n, trawl->cap)) == 0)
		trawl->findings[trawl->n++] = *f;
	pthread_mutex_unlock(&trawl->private->lock);
	return r;
}

const char *
gv_trawl_copy(struct gv_trawl *trawl, const char *text, size_t len)
{
	const char *copy;

	pthread_mutex_lock(&trawl->private->lock);
	copy = gv_arena_copy(&trawl->private->arena, text, len);
	pthread_mutex_unlock(&trawl->private->lock);
	return copy;
}

const char *
gv_trawl_copy_key(struct gv_trawl *trawl, const char *key)
{
	struct gv_buf text = GV_BUF_INIT;
	const char *copy = NULL;

	gv_finding_add_key(&text, key);
	if (gv_buf_check(&text) == 0)
		copy = gv_trawl_copy(trawl, text.p, text.len);
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

/* Where allowances are of a key that this clone has not, a new one would only
 * be in the way when that one comes. Who only counts makes none that others
 * come to see. */
static int
find_key(struct gv_trawl *trawl)
{
	struct gv_trawl_private *p = trawl->private;
	const char *foreign = gv_trawl_foreign_key(trawl, NULL);
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
gv_trawl_key(struct gv_trawl *trawl)
{
	struct gv_trawl_private *p = trawl->private;

	if (p->opts.repo == NULL)
		return NULL;
	pthread_mutex_lock(&p->lock);
	if (!p->asked) {
		if (find_key(trawl) == 0) {
			trawl->key = &p->key;
		} else {
			const char *why = gv_err_message();

			trawl->keyless =
			    gv_arena_copy(&p->arena, why, strlen(why));
		}
	}
	p->asked = true;
	pthread_mutex_unlock(&p->lock);
	return trawl->key;
}

/* --- one file --- */

/* Whether all that was read of an open file is what the cache knows. */
static bool
is_vouched(
    const struct gv_trawl_window *w, const struct gv_trawl_job *job, int fd)
{
	const struct gv_trawl_private *p = w->trawl->private;
	struct stat st;

	return job->row && gv_dir_stat_fd(fd, &st) == 0 &&
	    w->base + w->len == job->row->size &&
	    gv_census_is_row_same(job->row, &st, p->cache->head->stamp);
}

/* 1: it is scanned; 0: it cannot be read, which is noted. */
static int
scan_file(struct gv_trawl_window *w, const struct gv_trawl_job *job)
{
	int fd = gv_dir_open_file(job->root, job->file, job->len), r = 0;
	size_t room;
	ssize_t n = 1;
	char *at;

	if (fd < 0)
		return gv_trawl_note_file(w->trawl, job->path, strerror(errno));
	while (r == 0 && n > 0) {
		r = gv_trawl_window_room(w, &at, &room);
		n = r < 0 ? 0 : gv_file_read_some(fd, at, room);
		if (n < 0)
			r = gv_trawl_note_file(
			    w->trawl, job->path, strerror(errno));
		else
			gv_trawl_window_took(w, (size_t)n);
	}
	if (w->facts && !is_vouched(w, job, fd))
		w->facts->is_lost = true;
	gv_file_close(fd);
	return r < 0 ? r : n == 0;
}

struct pouring {
	struct gv_trawl_window *w;
	bool has_begun, is_sealed;
};

static int
add_piece(void *ctx, const void *data, size_t len)
{
	struct pouring *p = ctx;

	p->is_sealed = !p->has_begun && p->w->trawl->private->skips_sealed &&
	    gv_age_is_sealed(data, len);
	p->has_begun = true;
	return p->is_sealed ? GV_EREFUSED
			    : gv_trawl_window_add(p->w, data, len);
}

/* Of one that is sealed no more than its beginning is read, and nothing is
 * remembered: another scan looks at all of it. */
static int
scan_blob(struct gv_trawl_window *w, const struct gv_trawl_job *job)
{
	struct pouring p = { .w = w };
	int r =
	    gv_odb_stream(w->trawl->private->odb, &job->blob, add_piece, &p);

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
    struct gv_trawl *trawl, const struct gv_trawl_job *job, uint64_t *bytes)
{
	enum gv_otype type;
	size_t size = 0;
	int r = gv_trawl_fact_tell(trawl, job, NULL);

	if (r <= 0)
		return r < 0 ? r : GV_ENOTFOUND;
	if (job->places)
		return 0;
	if (job->row)
		size = job->row->size;
	else
		r = gv_odb_read_header(
		    trawl->private->odb, &type, &size, &job->blob);
	*bytes = size;
	return r < 0 ? gv_err_in(r, "%s, as git has it", job->path) : 1;
}

/* 1: it was scanned; 0: it cannot be read, which is noted, or it is known. */
static int
scan_job(struct gv_trawl_window *w, const struct gv_trawl_job *job,
    struct gv_trawl_facts *facts, uint64_t *bytes)
{
	const bool knows =
	    w->trawl->private->has_facts && !gv_oid_is_zero(&job->blob);
	int r, ended;

	*bytes = 0;
	gv_trawl_fact_begin(facts);
	r = knows ? tell_job(w->trawl, job, bytes) : GV_ENOTFOUND;
	if (r != GV_ENOTFOUND)
		return r;
	r = gv_trawl_open_rules(w->trawl);
	if (r < 0)
		return r;
	gv_trawl_window_open(w, job->path);
	w->places = job->places;
	w->facts = knows ? facts : NULL;
	r = job->file   ? scan_file(w, job)
	    : job->text ? gv_trawl_text_scan(w, job)
			: scan_blob(w, job);
	*bytes = w->base + w->len;
	if (r < 0)
		return r;
	ended = gv_trawl_window_end(w);
	if (ended < 0)
		return gv_err_in(ended, "%s", job->path);
	if (knows && r > 0)
		gv_trawl_fact_put(w->trawl, &job->blob, job->path, facts);
	return r;
}

/* --- the other paths of a version of a file --- */

#define KINDS 8 /* of paths that are told apart */

/* What was found by a path, for others of its kind. */
struct kind {
	const char *path;
	struct gv_trawl_facts facts;
};

struct kinds {
	struct kind all[KINDS];
	size_t n;
};

/* What was just scanned, unless the path itself had a part in what was found.
 * 0 or GV_ENOMEM. */
static int
learn_kind(struct kinds *kinds, const struct gv_trawl_window *w,
    const struct gv_trawl_job *job, const struct gv_trawl_facts *facts)
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
scan_again(struct gv_trawl_window *w, const struct gv_trawl_job *job,
    struct gv_trawl_facts *facts, struct kinds *kinds)
{
	struct gv_trawl *trawl = w->trawl;
	uint64_t bytes;
	size_t i;
	int r;

	for (i = 0; i < kinds->n; i++)
		if (gv_scan_is_same_kind(
			trawl->private->rules, kinds->all[i].path, job->path))
			break;
	if (i == kinds->n) {
		r = scan_job(w, job, facts, &bytes);
		return r > 0 ? learn_kind(kinds, w, job, facts) : r;
	}
	gv_trawl_fact_put(trawl, &job->blob, job->path, &kinds->all[i].facts);
	return gv_trawl_fact_tell_again(trawl, job, &kinds->all[i].facts);
}

/* As above, by each of its paths; they count once. */
static int
scan_places(struct gv_trawl_window *w, const struct gv_trawl_job *job,
    struct gv_trawl_facts *facts, uint64_t *bytes)
{
	struct gv_finding_place *p = job->places ? job->places->next : NULL;
	struct gv_trawl_job other = *job;
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
count(struct gv_trawl *trawl, uint64_t files, uint64_t bytes)
{
	struct gv_trawl_private *p = trawl->private;

	pthread_mutex_lock(&p->lock);
	trawl->files += files;
	trawl->bytes += bytes;
	pthread_mutex_unlock(&p->lock);
}

static int
work(void *ctx, int number)
{
	struct gv_trawl *trawl = ctx;
	struct gv_trawl_private *p = trawl->private;
	struct gv_trawl_window w = { .trawl = trawl, .scan = GV_SCAN_INIT };
	struct gv_trawl_facts facts = { .bytes = GV_BUF_INIT };
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
	gv_trawl_window_release(&w);
	gv_buf_release(&facts.bytes);
	count(trawl, files, bytes);
	if (r < 0)
		atomic_store(&p->next, p->n_jobs);
	return r < 0 ? r : 0;
}

static int
compare_notes(const void *a, const void *b)
{
	return strcmp(((const struct gv_trawl_note *)a)->path,
	    ((const struct gv_trawl_note *)b)->path);
}

static void
sort(struct gv_trawl *trawl)
{
	if (trawl->n)
		qsort(trawl->findings, trawl->n, sizeof(*trawl->findings),
		    gv_finding_compare);
	if (trawl->n_shallow)
		qsort(trawl->shallow, trawl->n_shallow, sizeof(*trawl->shallow),
		    compare_notes);
	if (trawl->n_notes)
		qsort(trawl->notes, trawl->n_notes, sizeof(*trawl->notes),
		    compare_notes);
}

/* Facts are true whatever came of the rest. */
static void
save(struct gv_trawl *trawl, int r)
{
	if (trawl->private->opts.is_reading)
		return;
	if (r == 0 && trawl->private->remembers)
		gv_trawl_save_known(trawl);
	gv_trawl_fact_save(trawl);
}

int
gv_trawl_run(struct gv_trawl *trawl)
{
	struct gv_trawl_private *p = trawl->private;
	size_t most = (p->n_jobs + BATCH - 1) / BATCH;
	int threads = gv_workers_count(p->opts.threads), r = 0;

	if (p->opts.begin)
		p->opts.begin(p->opts.progress, "scanning files", p->n_jobs);
	if (most < (size_t)threads)
		threads = most ? (int)most : 1;
	if (p->wants_facts)
		r = gv_trawl_fact_load(trawl);
	if (r == 0 && p->n_jobs)
		r = gv_workers_run(threads, work, trawl);
	if (p->opts.begin)
		p->opts.begin(p->opts.progress, "", 0);
	if (r == 0)
		r = gv_trawl_settle_history(trawl);
	sort(trawl);
	save(trawl, r);
	return r < 0 ? r : gv_trawl_judge_allowances(trawl);
}

int
gv_trawl_stream(struct gv_trawl *trawl, int fd, const char *path)
{
	struct gv_trawl_window w = { .trawl = trawl, .scan = GV_SCAN_INIT };
	size_t room;
	ssize_t n = 1;
	char *at;
	int r = gv_trawl_open_rules(trawl);

	gv_trawl_window_open(&w, path);
	while (r == 0 && n > 0) {
		r = gv_trawl_window_room(&w, &at, &room);
		n = r < 0 ? 0 : gv_file_read_some(fd, at, room);
		if (n < 0)
			r = gv_err_sys("cannot read the standard input");
		else
			gv_trawl_window_took(&w, (size_t)n);
		if (gv_cancel_requested())
			r = gv_cancel_error();
	}
	if (r == 0)
		r = gv_trawl_window_end(&w);
	count(trawl, 1, w.base + w.len);
	gv_trawl_window_release(&w);
	sort(trawl);
	return r < 0 ? r : gv_trawl_judge_allowances(trawl);
}
