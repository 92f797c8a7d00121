#ifndef GV_JOB_LIST_H
#define GV_JOB_LIST_H
/*
 * The jobs of a repository: what the policy schedules, when each last ran and
 * is next due, and which runs are at work now.
 *
 *	r = gv_job_list_load(&list, repo, now, gv_clock_zone);
 *	… list.items[i].name, list.items[i].next
 *	gv_job_list_release(&list);
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "job/job_due.h"
#include "job/job_running.h"
#include "job/job_state.h"

struct gv_repo;

struct gv_job_listed {
	const char *name, *what;
	const char *env; /* or NULL */
	/* those of `components` that are dumped; none: all of the environment
	 */
	const char *const *components;
	size_t n_components;
	int64_t every;  /* seconds */
	const char *at; /* "02:30", "*:15"; or NULL */
	unsigned attempts;
	const struct gv_job_last *last; /* NULL: it never ran here */
	const char *reason; /* why that was no success, by its report; NULL */
	int64_t next;       /* at or before now: it is due */
};

struct gv_job_list {
	struct gv_job_listed *items; /* in the order of the policy */
	size_t n;
	bool waits; /* the file has other schedules, which nobody accepted */
	struct gv_job_runners running;
	struct gv_job_state state; /* private */
	struct gv_arena arena;
};

/* Find them. 0; GV_EREFUSED where the policy cannot be read; GV_ERROR;
 * GV_ENOMEM. To be released in any case. */
int gv_job_list_load(struct gv_job_list *out, struct gv_repo *repo, int64_t now,
    gv_job_zone *zone);

/* When a scheduled snapshot last succeeded here, also one that found nothing
 * new: until then everything is saved. 0: never. */
int64_t gv_job_list_saved(const struct gv_job_list *list);

/* NULL-safe, zeroed ok. */
void gv_job_list_release(struct gv_job_list *list);

#endif
