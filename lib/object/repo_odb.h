#ifndef GV_REPO_ODB_H
#define GV_REPO_ODB_H
/*
 * The object database of a repository, opened when it is first needed.
 *
 *	r = gv_repo_odb(repo, &odb);
 */

struct gv_odb;
struct gv_repo;

/* The object database, opened at the first call; borrowed, lives as long as
 * the repository. Not thread safe itself: call it once before threads start.*/
int gv_repo_odb(struct gv_repo *repo, struct gv_odb **out);

#endif
