import { Controller, HttpCode, Post, Res, type Type } from '@nestjs/common';
import { CurrentSession } from 'nestjs-server-sessions';

/** What a handler does with its session; `response` is the framework's. */
export type Act<T = any> = (session: CurrentSession<T>, response: any) => unknown;

/** A controller whose route `POST /act` runs an action of the test, once per request. */
export interface ActingController<T> {
  readonly controller: Type;
  readonly does: (act: Act<T>) => void;
}

export function actingController<T = any>(): ActingController<T> {
  let act: Act<T> = () => undefined;

  @Controller()
  class Acting {
    @Post('act')
    @HttpCode(200)
    act(
      @CurrentSession() session: CurrentSession<T>,
      @Res({ passthrough: true }) response: unknown,
    ): unknown {
      return act(session, response);
    }
  }

  return {
    controller: Acting,
    does(next) {
      act = next;
    },
  };
}
