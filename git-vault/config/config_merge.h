#ifndef CONFIG_MERGE_H
#define CONFIG_MERGE_H
/*
 * `git vault config merge-file`: what git runs for a file that both sides of a
 * merge have changed.
 */

struct gv_ctx;

/* Merge the files BASE, OURS and THEIRS into OURS; argv[3] is the path that
 * they have in the repository, argv[4] how many signs a marker has. 0, 1 where
 * a conflict is left for a person, or a failure, and then OURS is as it was. */
int gv_config_merge(struct gv_ctx *ctx, int argc, char **argv);

#endif
