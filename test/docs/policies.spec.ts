import { describe, expect, it } from '@jest/globals';
import { Controller, Get, UseGuards, type CanActivate } from '@nestjs/common';
import { APP_GUARD } from '@nestjs/core';
import * as library from 'nestjs-server-sessions';
import { cookieOf } from '../support/http/responses.js';
import {
  describeAdapters,
  startApp,
  type TestAdapter,
} from '../support/applications/applications.js';
import { codeIn, tableOf } from '../support/docs/tables.js';

class RolesGuard implements CanActivate {
  canActivate(): boolean {
    return true;
  }
}

const {
  OptionalSession,
  PublicRoute,
  RequireSession,
  SessionGuard,
  SessionsConfigurationError,
  SkipSession,
} = library;
const GUARDS = { SessionGuard, RolesGuard };
const POLICIES = { OptionalSession, PublicRoute, RequireSession, SkipSession };

const rows = tableOf('docs/security.md', 'Base class').map((row) => ({
  base: row['Base class'] || 'nothing',
  own: row['Class'] || 'nothing',
  handler: row['Handler'] || 'nothing',
  session: row['Session']!,
}));

/** Applies the decorators that a cell of the table names, the first one at the top. */
function decorate(cell: string, target: object, name?: string): void {
  for (const code of codeIn(cell).toReversed()) {
    const [, guard] = /^@UseGuards\((\w+)\)$/.exec(code) ?? [];
    const [, policy] = /^@(\w+)\(\)$/.exec(code) ?? [];
    const decorator = guard
      ? UseGuards(GUARDS[guard as keyof typeof GUARDS])
      : POLICIES[policy as keyof typeof POLICIES]?.();
    expect(decorator).toBeDefined();
    Reflect.decorate(
      [decorator as never],
      target,
      name as string,
      name === undefined ? undefined! : Object.getOwnPropertyDescriptor(target, name)!,
    );
  }
}

/** Returns what a controller with these decorators requires of its visitors. */
async function policyOf(
  adapter: TestAdapter,
  { base, own, handler }: (typeof rows)[number],
  isInherited: boolean,
): Promise<string> {
  class Base {
    read(): string {
      return 'read';
    }
  }
  class Sub extends Base {
    override read(): string {
      return super.read();
    }
  }
  if (isInherited) {
    delete (Sub.prototype as Partial<Sub>).read;
  }
  const { prototype } = isInherited ? Base : Sub;
  Get()(prototype, 'read', Object.getOwnPropertyDescriptor(prototype, 'read')!);
  decorate(handler, prototype, 'read');
  decorate(base, Base);
  Controller()(Sub);
  decorate(own, Sub);
  const app = await startApp(adapter, {
    controllers: [Sub],
    providers: [{ provide: APP_GUARD, useExisting: SessionGuard }],
  });
  const { status } = await app.http().get('/');
  const cookie = cookieOf(await app.manager.createSession());
  const statements = await app.statementsOf(() =>
    app.http().get('/').set('Cookie', cookie).expect(200),
  );
  await app.close();
  if (status === 401) {
    return 'required';
  }
  return statements.length > 0 ? 'optional' : 'skipped';
}

describeAdapters((adapter) => {
  describe.each([
    ['its own', false],
    ['an inherited', true],
  ])('a policy or a guard, for %s handler', (_, isInherited) => {
    it.each(rows)(
      'with $base on the base class, $own on the class and $handler on the handler the session is $session',
      async (row) => {
        expect(await policyOf(adapter, row, isInherited)).toBe(row.session);
      },
    );
  });

  it.each([
    ['RequireSession', 'SkipSession'],
    ['RequireSession', 'PublicRoute'],
    ['PublicRoute', 'OptionalSession'],
    ['SkipSession', 'OptionalSession'],
    ['OptionalSession', 'RequireSession'],
  ] as const)('two policies on one target are refused by name: @%s and @%s', (...names) => {
    const decorators = names.map((name) => POLICIES[name]());
    class Both {
      read(): void {}
    }
    const method = Object.getOwnPropertyDescriptor(Both.prototype, 'read')!;
    const onClass = () => Reflect.decorate(decorators, Both);
    const onHandler = () => Reflect.decorate(decorators, Both.prototype, 'read', method);
    for (const [attempt, place] of [
      [onClass, 'Both'],
      [onHandler, 'Both.read()'],
    ] as const) {
      expect(attempt).toThrow(SessionsConfigurationError);
      expect(attempt).toThrow(`${place} has two session policies`);
    }
  });

  it('two policies on one handler are refused if a decorator between them wraps the handler', () => {
    class Both {
      read(): void {}
    }
    const wrap: MethodDecorator = (_target, _name, method) => {
      const inner = method.value as unknown as () => void;
      const wrapper = function (this: unknown) {
        inner.call(this);
      };
      return { ...method, value: Object.setPrototypeOf(wrapper, inner) };
    };
    const method = Object.getOwnPropertyDescriptor(Both.prototype, 'read')!;
    const attempt = () =>
      Reflect.decorate([SkipSession(), wrap, RequireSession()], Both.prototype, 'read', method);
    expect(attempt).toThrow("Both.read() has two session policies, 'require' and 'skip'");
  });

  it('the same policy twice on one target is accepted, by either name', () => {
    for (const decorators of [
      [SkipSession(), SkipSession()],
      [SkipSession(), PublicRoute()],
      [PublicRoute(), SkipSession()],
    ]) {
      class Twice {}
      expect(Reflect.decorate(decorators, Twice)).toBe(Twice);
    }
  });
});
