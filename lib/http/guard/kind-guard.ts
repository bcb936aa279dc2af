import { Injectable } from '@nestjs/common';
import { noteKind } from './guard-kind.js';
import { SessionGuard } from './session.guard.js';

/** Returns a new class of guards for the sessions of a kind. */
export function guardOfKind(kind: string): typeof SessionGuard {
  @Injectable()
  class KindGuard extends SessionGuard {}

  noteKind(KindGuard, kind);
  return KindGuard;
}
