#ifndef GV_SERVE_WORLD_H
#define GV_SERVE_WORLD_H
/*
 * What of the configuration is served: a world is the image of one commit, and
 * a thread puts a new one in its place when the ref has moved. Readers take the
 * present one without a lock. A world that cannot be made leaves the one before
 * where it is.
 *
 *	r = gv_serve_watch_open(&watch, &opts);
 *	world = gv_serve_watch_get(watch);
 *	gv_shared_put(&world->share);
 *	gv_serve_watch_close(watch);
 */

#include <pthread.h>
#include <stdatomic.h>

#include "crypto/digest.h"
#include "image/image.h"
#include "serve/serve.h"

#define GV_SERVE_TEXTS ((size_t)12 << 20) /* bytes of texts that are kept */

/* The text of a configuration as everybody may see it. */
struct gv_serve_text {
	size_t len;
	char bytes[];
};

struct gv_serve_world {
	struct gv_share share;
	struct gv_image *image;
	char commit[GV_OID_HEX + 1];
	char branch[200]; /* "": none is checked out */
	uint64_t index;
	atomic_size_t room; /* bytes that may still be kept of texts */
	/* of the configurations of the image, once they were asked for */
	_Atomic(struct gv_serve_text *) *texts;
};

struct gv_serve_trouble {
	char why[400]; /* "": none */
	int64_t since;
};

struct gv_serve_watch {
	const struct gv_serve_opts *opts;
	pthread_mutex_t repo_lock; /* of the repository and the safe */
	struct gv_repo *repo;      /* its own */
	const struct gv_safe_opts *safe_opts;
	struct gv_safe *safe; /* NULL: sealed values stay so */
	unsigned char key[GV_DIGEST_KEY];
	bool reveals;
	/* says a sentence to whoever looks after the server; NULL */
	void (*note)(void *ctx, const char *sentence);
	void *note_ctx;
	struct gv_shared world;
	pthread_t thread;
	bool is_running;
	pthread_mutex_t lock;   /* of what follows */
	pthread_cond_t changed; /* a new world, or the end */
	bool is_ending;
	uint64_t index;                      /* of the newest world */
	struct gv_serve_trouble fetch, tree; /* what fails at present */
	int64_t fetched, tried, failed; /* when, by the wall clock; 0: never */
	char bad[GV_OID_HEX + 1];       /* the commit that has failed */
	int64_t asked;     /* when programs that keep layers were; 0: never */
	bool is_lost;      /* … and that one of them did not answer */
	char failing[400]; /* the first layer that cannot be read; "": none */
	atomic_bool is_cut, is_damaged; /* the same for readers */
	atomic_llong fresh; /* when what is served was known to be current */
	atomic_uint changes, fetches, fetch_failures; /* counted */
};

/* Make the first world. 0; as gv_image_make(); GV_ENOTFOUND for a ref that does
 * not exist. */
int gv_serve_watch_open(struct gv_serve_watch **out,
    const struct gv_serve_opts *opts, const struct gv_safe_opts *safe,
    bool reveals);

/* Start its thread. 0 or GV_ERROR. */
int gv_serve_watch_start(struct gv_serve_watch *watch);

/* Wake all who wait, and have nobody wait any more. */
void gv_serve_watch_end(struct gv_serve_watch *watch);

/* NULL-safe. */
void gv_serve_watch_close(struct gv_serve_watch *watch);

/* The present world, with a reference for the caller. */
struct gv_serve_world *gv_serve_watch_get(struct gv_serve_watch *watch);

/* Wait until there is another world than that of this index, until that tick of
 * the clock, or until nobody is to wait any more. */
void gv_serve_watch_wait(
    struct gv_serve_watch *watch, uint64_t index, long long until);

/* How old what is served may be, in seconds, and why it is not current; NULL:
 * it is. Static text. `config` may be NULL. */
int64_t gv_serve_watch_age(const char **why, struct gv_serve_watch *watch,
    const struct gv_image_config *config);

/* ---- serve_fetch.c ------------------------------------------------------- */

#define GV_SERVE_PATIENCE 60000 /* ms that git may take */

/* Fetch from the remote of the options. 0; a failure, with git's reason. */
int gv_serve_fetch(struct gv_serve_watch *watch);

/* When the last fetch of any server of this clone ended well; 0: not known. */
int64_t gv_serve_fetch_last(const struct gv_serve_watch *watch);

/* ---- serve_sealed.c ------------------------------------------------------ */

/* Open a sealed value, which is named by its placeholder: the `open` of
 * gv_image_opts, the watch being its context. */
int gv_serve_watch_unseal(void *ctx, struct gv_secret *out, const char *env,
    const char *text, size_t len);

#endif
