#include "serve/serve_world.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/err.h"
#include "repo/repo.h"
#include "safe/safe.h"
#include "sys/clock.h"
#include "sys/heap.h"
#include "sys/proc.h"

#define LOOK   1000 /* ms between two looks at the ref */
#define AGAIN  30   /* seconds until what failed is tried again */
#define STORED 5    /* seconds between two looks at what programs keep */
#define SECOND 1000000000LL

static int64_t
now(void)
{
	return (int64_t)gv_clock_now().tv_sec;
}

static bool
is_due(int64_t last, int64_t every)
{
	const int64_t t = now();

	/* a clock that was set back is no reason to wait */
	return last == 0 || t >= last + every || t < last;
}

/* ---- a world ------------------------------------------------------------- */

static void
drop(struct gv_share *share)
{
	struct gv_serve_world *w = (struct gv_serve_world *)share;
	size_t i;

	for (i = 0; w->texts && i < w->image->n; i++)
		free(atomic_load(&w->texts[i]));
	free(w->texts);
	if (w->image)
		gv_shared_put(&w->image->share);
	free(w);
}

/* Takes the image over. */
static struct gv_serve_world *
new_world(struct gv_image *image, const char *commit, uint64_t index)
{
	struct gv_serve_world *w = calloc(1, sizeof(*w));

	if (w == NULL) {
		gv_shared_put(&image->share);
		(void)gv_err_nomem();
		return NULL;
	}
	gv_shared_init(&w->share, drop);
	w->image = image;
	w->index = index;
	snprintf(w->commit, sizeof(w->commit), "%s", commit);
	atomic_init(&w->room, GV_SERVE_TEXTS);
	w->texts = calloc(image->n, sizeof(*w->texts));
	if (w->texts == NULL) {
		gv_shared_put(&w->share);
		(void)gv_err_nomem();
		return NULL;
	}
	return w;
}

/* ---- the ref ------------------------------------------------------------- */

/* The commit and tree of a ref; GV_ENOTFOUND: there is no such ref. */
static int
resolve(char commit[GV_OID_HEX + 1], struct gv_oid *tree,
    const struct gv_repo *repo, const char *ref)
{
	char first[300], second[300];
	const char *argv[] = { "git", "--git-dir", repo->git_dir, "rev-parse",
		"--end-of-options", first, second, NULL };
	struct gv_proc git = GV_PROC_INIT;
	const char *at;
	int r;

	snprintf(first, sizeof(first), "%.250s^{commit}", ref);
	snprintf(second, sizeof(second), "%.250s^{tree}", ref);
	if ((r = gv_proc_run(&git,
		 &(struct gv_proc_opts){
		     .argv = argv, .timeout_ms = GV_SERVE_PATIENCE })) < 0)
		goto out;
	at = git.out.p;
	if (strncmp(at, "--end-of-options\n", 17) == 0)
		at += 17;
	if (git.status || strlen(at) < 2 * GV_OID_HEX + 1 ||
	    gv_oid_parse(tree, at + GV_OID_HEX + 1) < 0) {
		r = gv_err(GV_ENOTFOUND,
		    "%s names no commit here; to serve a branch that has one, "
		    "name it by --ref",
		    ref);
		goto out;
	}
	memcpy(commit, at, GV_OID_HEX);
	commit[GV_OID_HEX] = '\0';
out:
	gv_proc_release(&git);
	return r;
}

/* What is served: the ref that was named; with a remote its branch of the name
 * that is checked out; or HEAD. */
static int
find_tree(
    char commit[GV_OID_HEX + 1], struct gv_oid *tree, struct gv_serve_watch *w)
{
	const char *branch = gv_repo_branch(w->repo);
	char ref[300];

	/* a tag of that name, which more people may push, is not the branch */
	if (w->opts->ref &&
	    snprintf(ref, sizeof(ref), "refs/heads/%s", w->opts->ref) <
		(int)sizeof(ref) &&
	    resolve(commit, tree, w->repo, ref) == 0)
		return 0;
	if (w->opts->ref)
		return resolve(commit, tree, w->repo, w->opts->ref);
	if (w->opts->remote && branch &&
	    snprintf(ref, sizeof(ref), "refs/remotes/%s/%s", w->opts->remote,
		branch) < (int)sizeof(ref) &&
	    resolve(commit, tree, w->repo, ref) == 0)
		return 0;
	return resolve(commit, tree, w->repo, "HEAD");
}

/* ---- trouble ------------------------------------------------------------- */

static void
note(const struct gv_serve_watch *w, const char *text)
{
	if (w->note)
		w->note(w->note_ctx, text);
}

/* Remember this thread's message, and say it if it is another one. */
static void
fail(struct gv_serve_watch *w, struct gv_serve_trouble *t, const char *what)
{
	char text[sizeof(t->why) + 100];
	bool is_new;

	snprintf(text, sizeof(text), "%s: %s", what, gv_err_message());
	pthread_mutex_lock(&w->lock);
	is_new = strncmp(t->why, text, sizeof(t->why) - 1) != 0;
	if (*t->why == '\0')
		t->since = now();
	snprintf(t->why, sizeof(t->why), "%.*s", (int)sizeof(t->why) - 1, text);
	atomic_store(t == &w->fetch ? &w->is_cut : &w->is_damaged, true);
	pthread_mutex_unlock(&w->lock);
	if (is_new)
		note(w, text);
}

static void
mend(struct gv_serve_watch *w, struct gv_serve_trouble *t, const char *what)
{
	bool was;

	pthread_mutex_lock(&w->lock);
	was = *t->why != '\0';
	*t->why = '\0';
	t->since = 0;
	atomic_store(t == &w->fetch ? &w->is_cut : &w->is_damaged, false);
	pthread_mutex_unlock(&w->lock);
	if (was)
		note(w, what);
}

/* ---- making one ---------------------------------------------------------- */

/* Of milliseconds since 1970, so that an index of before a restart is smaller
 * than any of after it. */
static uint64_t
next_index(const struct gv_serve_watch *w)
{
	const struct timespec t = gv_clock_now();
	const uint64_t ms =
	    (uint64_t)t.tv_sec * 1000 + (uint64_t)t.tv_nsec / 1000000;

	return ms > w->index ? ms : w->index + 1;
}

static void
publish(struct gv_serve_watch *w, struct gv_serve_world *world)
{
	gv_shared_swap(&w->world, &world->share);
	pthread_mutex_lock(&w->lock);
	w->index = world->index;
	pthread_cond_broadcast(&w->changed);
	pthread_mutex_unlock(&w->lock);
	atomic_fetch_add(&w->changes, 1);
}

static int
make_image(struct gv_image **out, struct gv_serve_watch *w, const char *commit,
    const struct gv_oid *tree, struct gv_serve_world *had, uint64_t index)
{
	const struct gv_image_opts opts = { .tree = *tree,
		.commit = commit,
		.layout = w->opts->layout,
		.provider = w->opts->provider,
		.index = index,
		.now = now(),
		.reveals = w->reveals,
		.key = w->key,
		.before = had ? had->image : NULL,
		.open = w->safe ? gv_serve_watch_unseal : NULL,
		.ctx = w };
	const int r = gv_image_make(out, w->repo, &opts);

	/* what files and layers took is much more than what is left of them */
	gv_heap_trim();
	return r;
}

/* The same configurations of another commit. */
static struct gv_image *
same_image(const struct gv_serve_world *had)
{
	gv_shared_hold(&had->image->share);
	return had->image;
}

/* The last part of what is served, as a label names it. */
static void
name_branch(struct gv_serve_world *world, const struct gv_serve_watch *w)
{
	static const char *const heads[] = { "refs/heads/", "refs/remotes/" };
	const char *name = w->opts->ref ? w->opts->ref : w->repo->head_ref;
	size_t i;

	for (i = 0; name && i < 2; i++)
		if (strncmp(name, heads[i], strlen(heads[i])) == 0)
			name += strlen(heads[i]);
	snprintf(world->branch, sizeof(world->branch), "%s", name ? name : "");
}

/* Say which layer cannot be read, once, and when all can be again. */
static void
tell_failed(struct gv_serve_watch *w, const struct gv_image *image)
{
	const char *why = NULL;
	char text[sizeof(w->failing) + 100];
	size_t i;

	for (i = 0; why == NULL && i < image->n; i++)
		why = image->configs[i].why;
	if (why == NULL && *w->failing)
		note(w, "all layers can be read again");
	if (why && strncmp(w->failing, why, sizeof(w->failing) - 1) != 0) {
		snprintf(text, sizeof(text),
		    "%zu configuration%s cannot be read, and the last good "
		    "%s served: %s",
		    image->n_failed, image->n_failed == 1 ? "" : "s",
		    image->n_failed == 1 ? "one is" : "ones are", why);
		note(w, text);
	}
	snprintf(w->failing, sizeof(w->failing), "%.*s",
	    (int)sizeof(w->failing) - 1, why ? why : "");
}

/* Make the world of a commit, unless it is the one that is served and nothing
 * else has changed. */
static int
renew(struct gv_serve_watch *w, const char *commit, const struct gv_oid *tree,
    bool has_changed)
{
	struct gv_serve_world *had = gv_serve_watch_get(w), *world;
	const bool is_same = had && !has_changed && had->image->n_failed == 0 &&
	    (gv_oid_equal(&had->image->tree, tree) ||
		!gv_image_differs(w->repo, &had->image->tree, tree));
	struct gv_image *image = NULL;
	uint64_t index;
	int r = 0;

	if (is_same && strcmp(had->commit, commit) == 0)
		goto out;
	index = is_same ? had->index : next_index(w);
	if (is_same)
		image = same_image(had);
	else if ((r = make_image(&image, w, commit, tree, had, index)) < 0)
		goto out;
	if ((world = new_world(image, commit, index)) == NULL)
		r = GV_ENOMEM;
	else {
		name_branch(world, w);
		publish(w, world);
	}
	if (r == 0)
		tell_failed(w, image);
	if (r == 0 && image->n_failed)
		w->failed = now();
out:
	if (had)
		gv_shared_put(&had->share);
	return r;
}

/* Whether this commit is served as it is. */
static bool
is_served(struct gv_serve_watch *w, const char *commit)
{
	struct gv_serve_world *had = gv_serve_watch_get(w);
	/* a layer that cannot be read may be repaired, but not each second */
	const bool is = had && strcmp(had->commit, commit) == 0 &&
	    (had->image->n_failed == 0 || !is_due(w->failed, AGAIN));

	if (had)
		gv_shared_put(&had->share);
	return is;
}

/* Look at what programs keep of the world that is served. 1: it is known that
 * one of them fails. */
static int
look_stored(
    struct gv_serve_watch *w, const char *commit, const struct gv_oid *tree)
{
	struct gv_serve_world *had = gv_serve_watch_get(w);
	int r = 0;

	if (had->image->stored.len == 0)
		goto out;
	if (!is_due(w->asked, STORED)) {
		r = w->is_lost;
		goto out;
	}
	w->asked = now();
	r = gv_image_is_outdated(w->repo, had->image);
	if (r > 0)
		r = renew(w, commit, tree, true);
	w->is_lost = r < 0;
out:
	gv_shared_put(&had->share);
	return r;
}

/* Look at what the ref has, and serve it. 1: it is known that it fails. */
static int
look(struct gv_serve_watch *w)
{
	char commit[GV_OID_HEX + 1];
	struct gv_oid tree;
	int r;

	/* HEAD, and new packs */
	if ((r = gv_repo_look_again(w->repo)) == GV_ENOMEM ||
	    (r = find_tree(commit, &tree, w)) < 0)
		return r;
	if (is_served(w, commit))
		return look_stored(w, commit, &tree);
	if (*w->tree.why && strcmp(w->bad, commit) == 0 &&
	    !is_due(w->failed, AGAIN))
		return 1;
	r = renew(w, commit, &tree, false);
	if (r < 0)
		memcpy(w->bad, commit, sizeof(w->bad));
	return r;
}

/* ---- fetching ------------------------------------------------------------ */

static void
fetch_now(struct gv_serve_watch *w)
{
	char what[200];

	snprintf(
	    what, sizeof(what), "cannot fetch from %.150s", w->opts->remote);
	w->tried = now();
	if (gv_serve_fetch(w) < 0) {
		atomic_fetch_add(&w->fetch_failures, 1);
		fail(w, &w->fetch, what);
		return;
	}
	pthread_mutex_lock(&w->lock);
	w->fetched = now();
	pthread_mutex_unlock(&w->lock);
	snprintf(
	    what, sizeof(what), "fetched from %.150s again", w->opts->remote);
	mend(w, &w->fetch, what);
}

/* ---- the thread ---------------------------------------------------------- */

static void
turn(struct gv_serve_watch *w)
{
	int64_t since;
	int r;

	if (w->opts->remote && is_due(w->tried, w->opts->refresh))
		fetch_now(w);
	pthread_mutex_lock(&w->repo_lock);
	r = look(w);
	pthread_mutex_unlock(&w->repo_lock);
	if (r > 0)
		return;
	if (r < 0) {
		w->failed = now();
		fail(w, &w->tree, "the new configuration is not served");
		return;
	}
	mend(w, &w->tree, "the configuration is current again");
	since = w->opts->remote ? w->fetched : now();
	if (since)
		atomic_store(&w->fresh, since);
}

static void *
run(void *arg)
{
	struct gv_serve_watch *w = arg;
	struct timespec until;
	long long at;
	bool ends = false;

	while (!ends) {
		turn(w);
		at = gv_clock_tick() + LOOK * (SECOND / 1000);
		until = (struct timespec){ .tv_sec = (time_t)(at / SECOND),
			.tv_nsec = (long)(at % SECOND) };
		pthread_mutex_lock(&w->lock);
		while (!w->is_ending &&
		    pthread_cond_timedwait(&w->changed, &w->lock, &until) == 0)
			;
		ends = w->is_ending;
		pthread_mutex_unlock(&w->lock);
	}
	return NULL;
}

/* ---- opening ------------------------------------------------------------- */

static int
init(struct gv_serve_watch *w)
{
	pthread_condattr_t attr;

	pthread_mutex_init(&w->lock, NULL);
	pthread_mutex_init(&w->repo_lock, NULL);
	pthread_condattr_init(&attr);
	pthread_condattr_setclock(&attr, CLOCK_MONOTONIC);
	pthread_cond_init(&w->changed, &attr);
	pthread_condattr_destroy(&attr);
	return gv_clock_random(w->key, sizeof(w->key));
}

int
gv_serve_watch_open(struct gv_serve_watch **out,
    const struct gv_serve_opts *opts, const struct gv_safe_opts *safe,
    bool reveals)
{
	struct gv_serve_watch *w = calloc(1, sizeof(*w));
	int r;

	if (w == NULL)
		return gv_err_nomem();
	w->opts = opts;
	w->safe_opts = safe;
	w->reveals = reveals;
	atomic_init(&w->fresh, now());
	if ((r = init(w)) < 0 || (r = gv_repo_open(&w->repo, 0)) < 0)
		goto out;
	if (opts->remote && (w->fetched = gv_serve_fetch_last(w)) != 0)
		atomic_store(&w->fresh, w->fetched);
	if (reveals && (r = gv_safe_open(&w->safe, w->repo, safe)) < 0)
		goto out;
	r = look(w);
out:
	if (r == 0)
		*out = w;
	else
		gv_serve_watch_close(w);
	return r;
}

int
gv_serve_watch_start(struct gv_serve_watch *watch)
{
	if (pthread_create(&watch->thread, NULL, run, watch))
		return gv_err(GV_ERROR, "cannot start a thread");
	watch->is_running = true;
	return 0;
}

void
gv_serve_watch_end(struct gv_serve_watch *watch)
{
	pthread_mutex_lock(&watch->lock);
	watch->is_ending = true;
	pthread_cond_broadcast(&watch->changed);
	pthread_mutex_unlock(&watch->lock);
}

void
gv_serve_watch_close(struct gv_serve_watch *watch)
{
	if (watch == NULL)
		return;
	if (watch->is_running) {
		gv_serve_watch_end(watch);
		pthread_join(watch->thread, NULL);
	}
	gv_shared_swap(&watch->world, NULL);
	gv_safe_close(watch->safe);
	gv_repo_close(watch->repo);
	pthread_mutex_destroy(&watch->lock);
	pthread_mutex_destroy(&watch->repo_lock);
	pthread_cond_destroy(&watch->changed);
	explicit_bzero(watch->key, sizeof(watch->key));
	free(watch);
}

/* ---- readers ------------------------------------------------------------- */

struct gv_serve_world *
gv_serve_watch_get(struct gv_serve_watch *watch)
{
	return (struct gv_serve_world *)gv_shared_get(&watch->world);
}

void
gv_serve_watch_wait(
    struct gv_serve_watch *watch, uint64_t index, long long until)
{
	const struct timespec at = { .tv_sec = (time_t)(until / SECOND),
		.tv_nsec = (long)(until % SECOND) };
	int r = 0;

	pthread_mutex_lock(&watch->lock);
	while (r == 0 && !watch->is_ending && watch->index == index)
		r = pthread_cond_timedwait(&watch->changed, &watch->lock, &at);
	pthread_mutex_unlock(&watch->lock);
}

int64_t
gv_serve_watch_age(const char **why, struct gv_serve_watch *watch,
    const struct gv_image_config *config)
{
	int64_t since = (int64_t)atomic_load(&watch->fresh), age;

	*why = NULL;
	if (atomic_load(&watch->is_cut))
		*why = "fetch";
	if (atomic_load(&watch->is_damaged))
		*why = "tree";
	if (config && config->why) {
		*why = "layer";
		if (config->since < since)
			since = config->since;
	}
	age = now() - since;
	return age > 0 ? age : 0;
}
