#ifndef GV_FLEET_H
#define GV_FLEET_H
/*
 * One verb in very many repositories. Each is looked at by its files; where
 * that tells all that is asked, or nothing has changed, no process is started,
 * and the others get one of their own (project/crew.h), so that one which
 * crashes, hangs or floods does no harm to the rest. Memory does not grow with
 * what they say, and with their number by some 50 bytes each.
 *
 *	r = gv_fleet_run(&counts, &(struct gv_fleet_opts){
 *	    .verb = GV_FLEET_VERIFY, .source = source, .past = &past,
 *	    .self = self, .told = print });
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"
#include "fleet/fleet_look.h"
#include "fleet/fleet_past.h"
#include "fleet/shard.h"

struct gv_fleet_source;

/* Bytes kept of what each prints. */
#define GV_FLEET_OUTPUT ((size_t)256 * 1024)

/* Of one repository. Everything is borrowed. */
struct gv_fleet_result {
	const char *path;
	enum gv_fleet_step step;
	int status; /* exit status, 0 where nothing was run; 128: failed */
	const struct gv_fleet_look *look;
	int64_t
	    since;  /* when it was looked at, or what `step` relies on was; 0:
			       nothing was done */
	int64_t ms; /* that it took */
	struct gv_buf *out; /* what it printed */
	const char *err;    /* why not, and what it said; lines */
	bool is_cut;        /* it printed more than was kept */
};

struct gv_fleet_opts {
	enum gv_fleet_verb verb;
	struct gv_fleet_source *source;
	struct gv_shard shard;
	struct gv_fleet_past *past; /* what is taken is noted in it */
	const char *self;           /* this program */
	int jobs;                   /* at a time; 0: by processors */
	int timeout_ms;             /* of each; 0: none */
	int64_t most_ms;            /* none is begun after that; 0: no end */
	int64_t now;                /* seconds since 1970 */
	/* A result, as soon as it is there, from any thread, one at a time. A
	 * negative value ends all that is not begun. */
	int (*told)(void *ctx, const struct gv_fleet_result *result);
	void *ctx;
};

struct gv_fleet_counts {
	uint64_t steps[GV_FLEET_STEPS];
	uint64_t failed;     /* of all: those with a status that is not 0 */
	uint64_t bad;        /* lines that are no path */
	uint64_t before;     /* done earlier in this round, or listed twice */
	uint64_t unsaved;    /* without a snapshot, as far as was looked */
	bool is_out_of_time; /* some were not begun */
	int worst;           /* status */
};

/* Run it. 0; told()'s failure; GV_ECANCELED; GV_EREFUSED where there are more
 * than GV_FLEET_MAX; GV_ERROR where the source cannot be read on; GV_ENOMEM. */
int gv_fleet_run(struct gv_fleet_counts *out, const struct gv_fleet_opts *opts);

#endif
