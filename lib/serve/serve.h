#ifndef GV_SERVE_H
#define GV_SERVE_H
/*
 * What a repository has, over HTTP. States: the backend of Terraform and
 * OpenTofu, over versions (track.h) and locks (statelock.h). Configuration: the
 * effective values of environments and services (image.h), for any client and
 * for those of Spring Cloud Config. Health and metrics. One process, one file
 * of credentials, a thread for each client. For states the repository is one
 * client's at a time, and they are held in secret memory and in no file; who
 * reads configuration waits for nobody.
 *
 *	r = gv_serve_open(&serve, repo, &safe_opts, &opts);
 *	puts(gv_serve_url(serve));
 *	r = gv_serve_run(serve);	until a signal
 *	gv_serve_close(serve);
 *
 * What it answers: GET, POST or PUT, DELETE, LOCK and UNLOCK of
 * /state/ENV/STACK and, for a lock, of /state/ENV/STACK/lock; GET of all else,
 * for which serve_page.h has the paths.
 */

#include <stdbool.h>
#include <stdint.h>

struct gv_repo;
struct gv_safe;
struct gv_safe_opts;
struct gv_serve;

/* What became of a request. */
struct gv_serve_done {
	/* as the client has them: not to be trusted; path NULL: it has a name
	 * that looks like a secret, and that is for no log */
	const char *method, *path;
	const char *user; /* by the credentials; "" for nobody */
	unsigned status;  /* 0: the client went before it had it */
	int64_t ms;
	const char *why; /* what the client was told; "" where it is done */
};

/* What it serves; several together. */
enum gv_serve_part {
	GV_SERVE_STATES = 1,
	GV_SERVE_CONFIGS = 2,
	GV_SERVE_HEALTH = 4,
};

struct gv_serve_opts {
	unsigned parts;
	bool may_lack_config; /* without layers, the other parts are served */
	/* of configuration: what is served (NULL: HEAD, or the branch of the
	 * remote that is checked out), in which layout and for which provider
	 * (NULL: as `config get`), and the seconds between two fetches */
	const char *ref, *layout, *provider;
	int refresh;
	const char *listen;      /* ADDRESS:PORT, [ADDRESS]:PORT, unix:PATH; an
				    address of digits, port 0: any */
	const char *remote;      /* where locks are taken, too; NULL */
	const char *credentials; /* a file; NULL: whoever reaches it may all */
	const char *tls_cert, *tls_key; /* files; NULL: no TLS */
	uint64_t max_body;              /* bytes of a state */
	int timeout; /* seconds that a client may make us wait */
	/* told of each request, one at a time, by any thread; NULL */
	void (*on_done)(void *ctx, const struct gv_serve_done *done);
	/* told, one at a time, what fails behind requests, and that it is over;
	 * NULL */
	void (*on_note)(void *ctx, const char *sentence);
	void *ctx;
};

#define GV_SERVE_LISTEN "127.0.0.1:7417"

/* For states open the safe and make the keyring where there is none; for
 * configuration read it all; and listen. `repo` and what the options point to
 * must outlive it; the repository is nobody else's meanwhile. Before threads
 * start. 0; as gv_image_make() for configuration; GV_EUSAGE for what can be no
 * address, or is no file of credentials; GV_EREFUSED where others could reach
 * it without credentials or TLS, where a secret file can be read by others, or
 * libmicrohttpd is missing; GV_EEXISTS where somebody listens there; as
 * gv_safe_open(). */
int gv_serve_open(struct gv_serve **out, struct gv_repo *repo,
    const struct gv_safe_opts *safe, const struct gv_serve_opts *opts);

/* Where it listens: "http://127.0.0.1:7417", or "unix:PATH". */
const char *gv_serve_url(const struct gv_serve *serve);

/* Whether every user of this host may ask it: it takes no credentials, and is
 * no socket that only some may open. */
bool gv_serve_is_open(const struct gv_serve *serve);

/* Its safe, for the news, before it runs; NULL where states are not served. */
const struct gv_safe *gv_serve_safe(const struct gv_serve *serve);

/* Answer until SIGINT, SIGTERM or SIGHUP comes (see gv_cancel_wait()), then end
 * what has begun, and no longer listen. 0 or GV_ERROR. */
int gv_serve_run(struct gv_serve *serve);

/* NULL-safe. */
void gv_serve_close(struct gv_serve *serve);

#endif
