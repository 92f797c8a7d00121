#ifndef GV_SANDBOX_INTERNAL_H
#define GV_SANDBOX_INTERNAL_H
/*
 * What both sides of a sandbox share.
 *
 *	sandbox.c		starts the other side, asks it
 *	sandbox_tree.c		sends a tree
 *	sandbox_wire.c		frames, written and read
 *	sandbox_serve.c		the other side: answers requests
 *	sandbox_space.c		namespaces and users
 *	sandbox_root.c		a root file system with little in it
 *	sandbox_wall.c		Landlock, capabilities, limits
 *	sandbox_keys.c		no keys that the kernel holds
 *	sandbox_unpack.c	makes the files that are sent
 *	sandbox_job.c		runs one program, ends all that it started
 *
 * A frame is a byte that says what it is, its length in four bytes, and its
 * bytes. Numbers are little-endian. The bytes are fields, each a length in four
 * bytes and the bytes; numbers are fields of eight. Behind a file's frame
 * its bytes follow by themselves.
 *
 *	to it	H least most network space dir binds…
 *		D path mode    F path mode size    L path target
 *		J timeout most cwd argc argv… env…
 *	back	S level uid why		it is ready for jobs, or for files
 *		R status flags ms out err
 *		X reason		it cannot go on
 *		K			the files are made
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "sandbox/sandbox.h"

#define GV_SANDBOX_FRAME ((size_t)64 * 1024 * 1024) /* the longest */

/* The user of all systems that owns nothing. Inside, everybody is it; on this
 * host it is one that nobody has, as others run as this one, too. */
#define GV_SANDBOX_NOBODY 65534

enum gv_sandbox_flags {
	GV_SANDBOX_MISSING = 1,
	GV_SANDBOX_TIMED_OUT = 2,
	GV_SANDBOX_CUT = 4,
};

/* A frame being written or read. */
struct gv_sandbox_wire {
	char kind;
	struct gv_buf bytes;
	size_t at;   /* where the next field begins */
	bool is_bad; /* a field was not there, or no number */
};

#define GV_SANDBOX_WIRE_INIT                                                   \
	{                                                                      \
		.bytes = GV_BUF_INIT                                           \
	}

/* Begin a frame, add fields, append it to a buffer as it is sent. */
void gv_sandbox_wire_begin(struct gv_sandbox_wire *w, char kind);
void
gv_sandbox_wire_add(struct gv_sandbox_wire *w, const void *data, size_t len);
void gv_sandbox_wire_add_text(struct gv_sandbox_wire *w, const char *text);
void gv_sandbox_wire_add_number(struct gv_sandbox_wire *w, uint64_t n);
int gv_sandbox_wire_end(struct gv_buf *out, struct gv_sandbox_wire *w);

/* Read one from a descriptor: 1; 0 at the end of all; GV_ECORRUPT; GV_ERROR. */
int gv_sandbox_wire_read(struct gv_sandbox_wire *w, int fd);

/* Take the next field; *len bytes with a NUL behind them, valid until the next
 * frame. "" and is_bad where there is none. */
const char *gv_sandbox_wire_take(struct gv_sandbox_wire *w, size_t *len);
uint64_t gv_sandbox_wire_take_number(struct gv_sandbox_wire *w);
bool gv_sandbox_wire_is_over(const struct gv_sandbox_wire *w);
void gv_sandbox_wire_release(struct gv_sandbox_wire *w);

/* ---- the other side ---- */

struct gv_sandbox_place {
	enum gv_sandbox_level level;
	enum gv_sandbox_level least, most;
	bool network;
	uint64_t space;
	char *dir;    /* of the caller; "" for none */
	char **binds; /* n_binds */
	size_t n_binds;
	int work;                  /* the work area, open */
	bool has_no_root;          /* it could not be made */
	char why[256];             /* why the next level could not be had */
	unsigned uid;              /* as the host knows it */
	const char *home;          /* absolute, inside */
	const char *area;          /* the work area, absolute, inside */
	char *own_home, *own_area; /* the same where they are to be freed */
};

/* Send all files below a directory, to be below `below`, a new name with a '/'
 * behind it, or NULL. 0; GV_ERROR. */
int gv_sandbox_tree_send(
    const char *dir, const char *below, int fd, uint64_t space);

/* Give up what root has, and the directory to the user that it becomes. 0;
 * GV_ERROR. */
int gv_sandbox_space_leave_root(struct gv_sandbox_place *p);

/* Processes whose parents ended become children of this one, where the system
 * can do that. */
void gv_sandbox_space_adopt(void);

/* How a process ends that got no namespaces, or could not make a root in them,
 * as in a container that hides parts of /proc: the first one serves at a lower
 * level then. */
#define GV_SANDBOX_NO_ROOT 99

/* Enter new namespaces: 0 in the process that serves inside, 1 in the one that
 * waits for it with its exit status in *status; GV_EREFUSED where this system
 * gives none, with the reason in p->why. */
int gv_sandbox_space_enter(int *status, struct gv_sandbox_place *p);

/* Make the root file system, inside of new namespaces, and go there. */
int gv_sandbox_root_make(struct gv_sandbox_place *p);

/* Landlock over the work area and home. 0; GV_EREFUSED where the system has
 * none. */
int gv_sandbox_wall_landlock(const struct gv_sandbox_place *p);

/* Leave the keys that the kernel holds for this session, such as tickets of
 * Kerberos, and refuse the system calls for keys. There are no new privileges
 * by then. 0; GV_ERROR. */
int gv_sandbox_keys_close(void);

/* No more capabilities, no new privileges, no keys of the kernel, limits. */
int gv_sandbox_wall_close(const struct gv_sandbox_place *p);

/* Make what a frame D, F or L says; of a file the bytes are read from `fd`. */
int gv_sandbox_unpack(
    const struct gv_sandbox_place *p, struct gv_sandbox_wire *w, int fd);

/* Run what a frame J says; a frame R is appended to `out`. */
int gv_sandbox_job_run(struct gv_buf *out, const struct gv_sandbox_place *p,
    struct gv_sandbox_wire *w);

#endif
