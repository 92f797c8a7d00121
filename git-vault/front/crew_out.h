#ifndef CREW_OUT_H
#define CREW_OUT_H
/*
 * What a git-vault printed that was run in a repository, as members of the JSON
 * line of that repository.
 *
 *	gv_crew_out_json(j, &result->out, result->err.p);
 */

struct gv_buf;
struct gv_json;

/* Put "output", the document as it is, another text as a string or null, and
 * "messages", a list of lines. `out` is changed. */
void
gv_crew_out_json(struct gv_json *j, struct gv_buf *out, const char *messages);

#endif
