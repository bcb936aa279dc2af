import { Controller, Delete, Get, HttpCode, Param, Post } from '@nestjs/common';
import { Session } from 'nestjs-server-sessions';
import { Roles } from './roles.guard.js';

/** No decorator here requires a session: the global guard does. */
@Controller('articles')
export class ArticlesController {
  @Get()
  list(@Session('userId') reader: string): { reader: string; articles: string[] } {
    return { reader, articles: ['Sessions', 'Guards'] };
  }

  @Roles(['editor'])
  @Post()
  write(@Session('userId') author: string): { author: string } {
    return { author };
  }

  @Roles(['admin'])
  @Delete(':title')
  @HttpCode(204)
  remove(@Param('title') _title: string): void {}
}
