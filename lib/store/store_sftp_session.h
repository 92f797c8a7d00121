#ifndef GV_STORE_SFTP_SESSION_H
#define GV_STORE_SFTP_SESSION_H
/*
 * A connection to a server of SFTP: ssh(1) makes it, with what the user has
 * configured for that host, and checks the host's key. Here only packets go
 * back and forth.
 *
 *	r = gv_store_sftp_open(&session);
 *	at = gv_store_sftp_ask(&session, GV_STORE_SFTP_REMOVE);
 *	gv_store_sftp_add(&session.out, path, strlen(path));
 *	gv_store_sftp_end(&session.out, at);
 *	r = gv_store_sftp_talk(&session, 1, take, ctx);
 */

#include "base/buf.h"
#include "store/store_sftp_form.h"
#include "sys/proc.h"

struct gv_store_sftp_session {
	/* set by who opens it, and borrowed */
	const char *host, *user, *port; /* the latter two NULL: as ssh has it */
	int answer_ms;
	/* ---- what is sent next, and how many answers are due */
	struct gv_buf out;
	size_t due;
	/* ---- what the server can */
	bool can_replace, can_flush;
	/* ---- */
	bool is_open;
	bool has_worked; /* once: what comes now is a disturbance */
	bool is_cut;     /* the last failure is one of the connection */
	/* ---- private */
	struct gv_proc proc;
	uint32_t next;
};

#define GV_STORE_SFTP_SESSION_INIT                                             \
	{                                                                      \
		.out = GV_BUF_INIT, .proc = GV_PROC_INIT                       \
	}

struct gv_store_sftp_reply {
	unsigned type;
	uint32_t id;
	struct gv_store_sftp_in in; /* behind the id */
};

/* Connect, unless that is done. 0; GV_ENOTFOUND without ssh; GV_ERROR,
 * GV_ECANCELED, GV_ENOMEM. */
int gv_store_sftp_open(struct gv_store_sftp_session *s);

/* NULL-safe. */
void gv_store_sftp_close(struct gv_store_sftp_session *s);

/* Begin a request in s->out, whose answer is due then. */
size_t gv_store_sftp_ask(
    struct gv_store_sftp_session *s, enum gv_store_sftp_type type);

/* The id of the request that is begun next. */
uint32_t gv_store_sftp_next(const struct gv_store_sftp_session *s);

/* Send what is in s->out, and take answers until no more than `rest` are due.
 * 0; the first failure of take(), after all those; GV_ERROR, GV_ECORRUPT where
 * the connection broke, which is closed then. */
typedef int
gv_store_sftp_take_fn(void *ctx, const struct gv_store_sftp_reply *reply);
int gv_store_sftp_talk(struct gv_store_sftp_session *s, size_t rest,
    gv_store_sftp_take_fn *take, void *ctx);

/* Whether that can be given to ssh as a host, user or port. Pure. */
bool gv_store_sftp_is_host(const char *text);
bool gv_store_sftp_is_user(const char *text);
bool gv_store_sftp_is_port(const char *text);

#endif
