#ifndef GV_ZONEFILE_H
#define GV_ZONEFILE_H
/*
 * The files of this machine's time zones.
 *
 *	r = gv_zonefile_load(&zone, "Europe/Berlin");
 */

struct gv_zone;

/* Read a zone by its name. 0; GV_ENOTFOUND where this machine does not have it;
 * GV_ENOMEM; GV_ERROR. */
int gv_zonefile_load(struct gv_zone *out, const char *name);

#endif
