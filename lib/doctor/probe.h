#ifndef GV_PROBE_H
#define GV_PROBE_H
/*
 * What a remote does with vault refs, found out by trying: a test ref is pushed
 * to refs/vault/probe/, read back, and deleted again. The test ref of a probe
 * that was killed is deleted by the next one.
 *
 *	r = gv_probe_run(&probe, repo, "origin", now);
 *	probe.is_taken, probe.is_gone …
 *	gv_probe_release(&probe);
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct gv_repo;

struct gv_probe {
	bool is_reached;   /* it gave a list of its refs */
	int protocol;      /* the version that this went by: 0, 1 or 2 */
	char *agent;       /* "git/2.39.5"; NULL: it does not say */
	bool is_taken;     /* it took the ref */
	bool is_shown;     /* … and names it to who asks */
	bool is_gone;      /* … and let it go again */
	bool is_atomic;    /* it knows atomic pushes */
	bool has_options;  /* it knows push options */
	bool has_ward;     /* git-vault's hooks check what is pushed */
	bool has_receipts; /* it has receipts of snapshots */
	size_t swept;      /* old ones that it had, and has no more */
	size_t snapshots;  /* that it has */
	int64_t newest;    /* the time of the newest one; 0: none */
	char *in_the_way;  /* a ref there that blocks vault refs; or NULL */
	/* why it was not reached, did not take it, or did not let it go: its
	 * words; NULL: none of that */
	char *why;
};

/* Try. 0, whatever comes of it; GV_ERROR where the probe cannot be made here,
 * or the remote's prefix cannot be one; GV_ENOMEM, GV_ECANCELED. The caller
 * releases *out in any case. */
int gv_probe_run(struct gv_probe *out, struct gv_repo *repo, const char *remote,
    int64_t now);

/* NULL-safe, zeroed ok. */
void gv_probe_release(struct gv_probe *probe);

#endif
