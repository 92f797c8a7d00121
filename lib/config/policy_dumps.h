#ifndef GV_POLICY_DUMPS_H
#define GV_POLICY_DUMPS_H
/*
 * The sections components and points of the policy: which databases and
 * services are dumped, and how. Readers of a policy include policy.h.
 *
 *	c = gv_policy_component(&policy, "orders");
 *	if (c) ... c->engine, c->source
 */

#include <stddef.h>

#include "config/policy_job.h"
#include "config/policy_limits.h"

#define GV_POLICY_COMPONENTS_MAX 200

/* What a component is read from. */
enum gv_policy_engine {
	GV_POLICY_POSTGRESQL,
	GV_POLICY_MARIADB,
	GV_POLICY_MYSQL,
	GV_POLICY_SQLITE,
	GV_POLICY_REDIS,
	GV_POLICY_ETCD,
	GV_POLICY_MONGODB,
	GV_POLICY_CONSUL,
	GV_POLICY_RAFT, /* Vault's own storage: the word is "vault" */
	GV_POLICY_CONFIGURATION,
	GV_POLICY_SECRETS,
	GV_POLICY_LOGS,
	GV_POLICY_ARTIFACTS,
	GV_POLICY_COMMAND,
	GV_POLICY_EXTERNAL,
	GV_POLICY_ENGINES
};

/* "postgresql" ... */
extern const char *const gv_policy_engines[GV_POLICY_ENGINES];

/* A part of a system that snapshots of files do not hold: a database, say. */
struct gv_policy_component {
	const char *name;
	enum gv_policy_engine engine;
	const char *source;      /* a database, an address, a path; NULL */
	const char *env;         /* "shared" by default */
	const char *credentials; /* the id of a secret; NULL */
	const char *expect; /* what the last line of a dump contains; NULL */
	const char *mode;   /* "full", "incremental", "differential"; NULL */
	/* programs with their arguments: the dump of a command, what reports
	 * on an external backup, what checks and what restores; none: as usual
	 */
	struct gv_policy_texts run, info, check, restore;
	struct gv_policy_texts options; /* more arguments of the dump */
	struct gv_policy_limits retention;
	int64_t timeout; /* seconds that each program may take; 0: as usual */
	/* when it is dumped, whatever the section schedule says of others */
	struct gv_policy_schedule schedule;
	bool has_schedule;
	unsigned line;
};

struct gv_policy_components {
	struct gv_policy_component *items; /* in the order of the file */
	size_t n, cap;
};

/* Components that are dumped one after the other under one label. */
struct gv_policy_moment {
	const char *name;
	struct gv_policy_texts components;    /* names, in order */
	struct gv_policy_texts before, after; /* programs with arguments */
	unsigned line;
};

struct gv_policy_moments {
	struct gv_policy_moment *items; /* in the order of the file */
	size_t n, cap;
};

#endif
