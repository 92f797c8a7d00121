#ifndef GV_TEAM_FILE_H
#define GV_TEAM_FILE_H
/*
 * The bytes of a team's policy files, as they are: from the top of the working
 * tree, else from the commit that HEAD is at. Whether what they say counts is
 * for consent.h; what .gitvault.yaml means is for team.h.
 *
 *	r = gv_team_file_read(&text, repo, ".gitvault.yaml");
 *	r = gv_team_file_read_at(&text, repo, &commit, ".gitvault.yaml");
 */

#include <stddef.h>

struct gv_buf;
struct gv_odb;
struct gv_oid;
struct gv_repo;

#define GV_TEAM_FILE_MAX ((size_t)1024 * 1024) /* bytes */

/* Append the file of that name. A symbolic link is followed in the working tree
 * only, since the content counts there. 0; GV_ENOTFOUND without a message where
 * there is no such file; GV_EREFUSED where it is too large or not a regular
 * file, or where the one of HEAD cannot be read; GV_ENOMEM; GV_ERROR. */
int
gv_team_file_read(struct gv_buf *out, struct gv_repo *repo, const char *name);

/* The same of a commit; zero: there is no file. GV_ECORRUPT and GV_ENOTFOUND
 * with a message where the commit cannot be read. */
int gv_team_file_read_at(struct gv_buf *out, struct gv_repo *repo,
    const struct gv_oid *commit, const char *name);

/* The same of a tree. */
int gv_team_file_read_tree(struct gv_buf *out, struct gv_odb *odb,
    const struct gv_oid *tree, const char *name);

/* The same from a blob; `name` is for messages. */
int gv_team_file_read_blob(struct gv_buf *out, struct gv_odb *odb,
    const struct gv_oid *blob, const char *name);

#endif
