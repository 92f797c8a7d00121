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

/* Its one name, whatever the spelling, or NULL where the path says nothing:
 *
 *	what stands in a folder for environments (env, envs, environments,
 *	overlays, stages, workspaces, terraform.tfstate.d, inventories,
 *	group_vars, …), a file or a folder: envs/prod, group_vars/prod.yml
 *	another folder: live/prod
 *	the end of a file's name: values-prod.yaml, prod.tfvars,
 *	prod.auto.tfvars, .env.production.local
 *	the first or last word of a folder: acme-prod, prod.eu
 *
 * Each of these wins over the next, and in it what is nearest to the file. The
 * words that mean much else, "test", "testing", "demo", "dr" and "sandbox",
 * count in the first only, and in names of files of settings (.env, tfvars,
 * values, appsettings, docker-compose …). "non-prod", however it is written, is
 * "nonprod", and "pre-prod" is "preprod": neither is ever prod, since the
 * environment decides who reads a file's secrets. That a file is below /dev
 * says nothing: /dev/stdin. */
const char *gv_environment_of(const char *path);

/* Whether a word tells the files of one environment from those of another: any
 * spelling of one, in any case, and what else they differ in, such as "eu",
 * "ci" or "canary". */
bool gv_environment_is_word(const char *word, size_t len);

#endif
