#ifndef GV_PROJECT_H
#define GV_PROJECT_H
/*
 * What a project is: its name, client, stack, phase and tags, its parts, and
 * the projects that it belongs with. Each is taken from the first place that
 * has it: the user's configuration (vault.<path>.client), for what others must
 * not see; the section project of .gitvault.yaml; the names of folders and
 * files. It decides nothing: it is for lists. A pure function.
 *
 *	r = gv_project_describe(&project, &facts);
 *	printf("%s %s", project.name, project.client);
 *	gv_project_release(&project);
 */

#include <stdbool.h>
#include <stddef.h>

struct gv_config;
struct gv_config_entry;
struct gv_makeup;
struct gv_policy_project;

/* What the configuration may have of a project: "client", "name", "parts",
 * "phase", "related", "stack", "tags"; NULL behind the last. */
extern const char *const gv_project_keys[];

#define GV_PROJECT_TEXTS 64

struct gv_project_facts {
	const struct gv_config *config;
	const char *path; /* absolute, of its top */
	const char *id;   /* of its vault; NULL: it has none */
	const char *home; /* the user's; NULL: unknown */
	const struct gv_policy_project *said; /* NULL: nothing */
	const struct gv_makeup *makeup;       /* NULL: nothing */
};

/* Texts are borrowed from the facts, but for what is private. */
struct gv_project {
	const char *name;   /* never NULL */
	const char *client; /* NULL: unknown */
	const char *phase;  /* NULL: nothing is said */
	const char *stack[GV_PROJECT_TEXTS];
	const char *tags[GV_PROJECT_TEXTS];
	const char *parts[GV_PROJECT_TEXTS];   /* folders of it */
	const char *related[GV_PROJECT_TEXTS]; /* names of other projects */
	size_t n_stack, n_tags, n_parts, n_related;
	char *texts[5]; /* private */
};

/* Whether a value of the configuration is the user's own: not of a repository.
 */
bool gv_project_is_own(const struct gv_config_entry *e);

/* The value of vault.<path>.<key> in the user's configuration, as of the last
 * file that sets it; NULL where none does or it is empty. Borrowed. */
const char *gv_project_setting(
    const struct gv_config *config, const char *path, const char *key);

/* The path that the settings of an id are stored under; NULL where there is
 * none. malloc'd. */
char *gv_project_key_of_id(const struct gv_config *config, const char *id);

/* 0 or GV_ENOMEM. To be released in any case. */
int gv_project_describe(
    struct gv_project *out, const struct gv_project_facts *facts);

void gv_project_release(struct gv_project *project);

#endif
