#ifndef GV_ENVIRONMENT_H
#define GV_ENVIRONMENT_H
/*
 * Which environment a file belongs to, by the conventions of how its path is
 * written; a pure function of the path. Not for what a team says of its own.
 *
 *	gv_environment_of("live/production/vpc.tf");	"prod"
 *	gv_environment_of("k8s/values-stg.yaml");	"staging"
 *	gv_environment_of("modules/vpc/main.tf");	NULL
 */

#include <stdbool.h>
#include <stddef.h>

/* Whether a path is of git-vault itself, such as a recovery plan. It is of no
 * environment by its name, else a rollback of that would take the plan away. */
bool gv_environment_is_own(const char *path, size_t len);

/* The environment that a path names, in one spelling, or NULL. It looks at:
 *
 *	what stands in a folder for environments (env, envs, environments,
 *	overlays, stages, workspaces, terraform.tfstate.d, inventories,
 *	group_vars, …), a file or a folder: envs/prod, group_vars/prod.yml
 *	another folder: live/prod
 *	the end of a file's name: values-prod.yaml, prod.tfvars,
 *	prod.auto.tfvars, .env.production.local
 *	the first or last word of a folder: acme-prod, prod.eu
 *
 * Each of these wins over the next; among several of one kind, the nearest to
 * the file wins. The words "test", "testing", "demo", "dr" and "sandbox" have
 * other meanings as well. They count only in folders for environments, and in
 * names of settings files (.env, tfvars, values, appsettings, docker-compose
 * …). "non-prod" is "nonprod" and "pre-prod" is "preprod" in any spelling.
 * Neither is ever prod, because the environment decides who reads the secrets
 * of a file. The folder /dev is not an environment: /dev/stdin. */
const char *gv_environment_of(const char *path);

/* Whether a word tells the files of one environment from those of another: any
 * spelling of one, in any case, and what else they differ in, such as "eu",
 * "ci" or "canary". */
bool gv_environment_is_word(const char *word, size_t len);

/* What a word takes to be an environment. */
enum gv_environment_proof {
	GV_ENVIRONMENT_BY_NAME,   /* nothing: "prod" */
	GV_ENVIRONMENT_BY_PLACE,  /* a place for environments: "test" */
	GV_ENVIRONMENT_BY_OTHERS, /* other files of its tree: "integration" */
	GV_ENVIRONMENT_NEVER,     /* not an environment: "eu" */
};

struct gv_environment_word {
	size_t at, len;   /* in the name; "non-prod" is one word */
	const char *name; /* in one spelling; NULL: not one */
	enum gv_environment_proof proof;
};

/* The first such word of a file's or folder's name that begins at or behind
 * `from`, which is where a word begins. Words are what stands between '.', '-',
 * '_' and ' ', never a part of one. False: there is no other. */
bool gv_environment_next_word(
    struct gv_environment_word *out, const char *name, size_t len, size_t from);

/* What a folder has environments of. */
enum gv_environment_home {
	GV_ENVIRONMENT_NO_HOME,
	GV_ENVIRONMENT_ENVS,        /* envs/prod */
	GV_ENVIRONMENT_OVERLAYS,    /* overlays/prod */
	GV_ENVIRONMENT_STAGES,      /* stages/prod */
	GV_ENVIRONMENT_STACKS,      /* stacks/prod.yaml */
	GV_ENVIRONMENT_WORKSPACES,  /* workspaces/prod.tfvars */
	GV_ENVIRONMENT_STATES,      /* terraform.tfstate.d/prod */
	GV_ENVIRONMENT_INVENTORIES, /* inventories/prod */
	GV_ENVIRONMENT_GROUP_VARS,  /* group_vars/prod.yml */
	GV_ENVIRONMENT_NAMESPACES,  /* namespaces/prod; not by the path alone */
	GV_ENVIRONMENT_CLUSTERS,    /* clusters/prod; the same */
	GV_ENVIRONMENT_HOMES
};

enum gv_environment_home gv_environment_home_of(const char *folder, size_t len);

#endif
