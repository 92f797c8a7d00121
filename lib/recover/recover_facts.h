#ifndef GV_RECOVER_FACTS_H
#define GV_RECOVER_FACTS_H
/*
 * What a plan is filled from (plan/plan_fill.h): the components of an
 * environment in the order of the graph, its states, and its targets.
 *
 *	r = gv_recover_facts_load(&facts, repo, "prod", NULL);
 *	r = gv_plan_fill(&text, template, &facts.plan);
 *	gv_recover_facts_release(&facts);
 */

#include "base/arena.h"
#include "plan/plan_fill.h"

struct gv_good;
struct gv_oid;
struct gv_record;
struct gv_repo;

struct gv_recover_facts {
	struct gv_plan_facts plan;
	/* private */
	struct gv_plan_fact *components, *states;
	size_t cap;
	struct gv_arena arena;
};

/* Load them: of the files of `tree`, or with NULL of the working tree. 0;
 * GV_ENOTFOUND where neither files, a state nor a record are of such an
 * environment; GV_EREFUSED where the policy cannot be read; as
 * gv_depgraph_load(). To be released in any case. */
int gv_recover_facts_load(struct gv_recover_facts *out, struct gv_repo *repo,
    const char *env, const struct gv_oid *tree);

/* Choose the version of each state: that of the record, else the one that was
 * there when the snapshot was taken; a state without one is left out. A `good`
 * that is empty names none. 0; as gv_track_log(). */
int
gv_recover_facts_versions(struct gv_recover_facts *facts, struct gv_repo *repo,
    const struct gv_record *rec, const struct gv_good *good);

/* Zeroed ok. */
void gv_recover_facts_release(struct gv_recover_facts *facts);

#endif
